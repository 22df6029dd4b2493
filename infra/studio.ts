import path from "node:path";
import { takesReferences } from "../packages/contract/portraitProviders.ts";
import { securityHeaders } from "../packages/studio/securityHeaders.ts";
import { type Settings, settingsText } from "../packages/studio/settings.ts";
import { api } from "./api.ts";
import { images, uploadsOrigin } from "./bucketLinks.ts";
import {
  aiBaseUrl,
  aiPortraits,
  cloudflareZoneId,
  jwtAudience,
  jwtIssuer,
  oidcOrigins,
  studioClientId,
  studioDomain,
  sweepEveryMinutes,
  telegramBotName,
} from "./settings.ts";
import { streamUrls } from "./streams.ts";

const settings = $resolve({
  api: api.url,
  stream: streamUrls.streamCharacters,
  cdn: images.properties.publicUrl,
}).apply(
  (urls): Settings => ({
    ...urls,
    uploads: uploadsOrigin,
    sweep_minutes: sweepEveryMinutes,
    ...(!telegramBotName && { no_bot: true }),
    ...(!takesReferences(aiPortraits, aiBaseUrl) && { no_references: true }),
    sign_in: {
      by: "oidc",
      issuer: jwtIssuer,
      client_id: studioClientId,
      audience: jwtAudience,
      origins: oidcOrigins,
    },
  }),
);

/**
 * The web page, at its own host name. The page needs the API's address, and the API's CORS needs the
 * page's origin: so the host name must be a setting, and a stage without it has no page. `sst dev`
 * needs no host name and serves the page from its sources.
 */
export const studio = ($dev ? studioClientId : studioDomain) ? createSite() : undefined;

function createSite() {
  const built = path.join($cli.paths.work, "studio");
  return new sst.aws.StaticSite(
    "Studio",
    {
      build: {
        command: `node_modules/.bin/vite build packages/studio --outDir "${built}"`,
        output: path.relative($cli.paths.root, built),
      },
      dev: { command: "npm run studio", url: "http://127.0.0.1:5173" },
      environment: { VITE_SETTINGS: settings.apply(settingsText) },
      ...(studioDomain && {
        domain: { name: studioDomain, dns: sst.cloudflare.dns({ zone: cloudflareZoneId }) },
      }),
      // no errorPage: without it SST answers a path without a file with index.html and 200, with it 404
      assets: {
        fileOptions: [
          { files: "**", cacheControl: "no-cache" },
          // Vite puts a hash of the content into these names
          { files: "assets/**", cacheControl: "public, max-age=31536000, immutable" },
        ],
        purge: false, // a page that is open may still load files of the previous deploy
      },
      transform: {
        cdn(args) {
          const responseHeadersPolicyId = headersPolicy().id;
          args.defaultCacheBehavior = $output(args.defaultCacheBehavior).apply((behavior) => ({
            ...behavior,
            allowedMethods: ["GET", "HEAD"],
            responseHeadersPolicyId,
          }));
          return undefined;
        },
      },
    },
    // a child, because SST writes link types of top-level components, and not every stage has this one
    { parent: new $util.ComponentResource("keepsake:studio:Page", "StudioPage") },
  );
}

/** The same headers as on a developer's machine, and Strict-Transport-Security for a year. */
function headersPolicy() {
  const value = (name: string) => headers.apply((all) => all[name]);
  const headers = settings.apply(securityHeaders);
  const override = true;
  return new aws.cloudfront.ResponseHeadersPolicy("StudioHeaders", {
    name: `${$app.name}-${$app.stage}-studio`,
    // CloudFront rejects these three as custom headers; the last can only be nosniff
    securityHeadersConfig: {
      contentSecurityPolicy: { contentSecurityPolicy: value("content-security-policy"), override },
      referrerPolicy: { referrerPolicy: value("referrer-policy"), override },
      contentTypeOptions: { override },
      strictTransportSecurity: { accessControlMaxAgeSec: 31_536_000, override },
    },
    customHeadersConfig: {
      items: headers.apply(
        ({
          "content-security-policy": _,
          "referrer-policy": __,
          "x-content-type-options": ___,
          ...others
        }) => Object.entries(others).map(([header, value]) => ({ header, value, override })),
      ),
    },
  });
}
