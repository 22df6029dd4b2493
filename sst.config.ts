/// <reference path="./.sst/platform/config.d.ts" />

export default $config({
  app(input) {
    const production = input.stage === "production";
    return {
      name: "keepsake",
      home: "aws",
      version: "4.17.1",
      providers: {
        aws: { version: "7.20.0", region: process.env.DEPLOY_REGION || "eu-central-1" },
        cloudflare: { version: "6.15.0" },
        random: { version: "4.16.6" },
      },
      // `sst remove` does not remove production; there, resources with data are kept even when this code
      // no longer declares them
      protect: production,
      removal: production ? "retain" : "remove",
      // one `sst-env.d.ts` at the root serves every package
      types: { ignore: ["bench", "dist", "examples", "functions", "node", "packages"] },
    };
  },
  async run() {
    if (!$dev) (await import("./infra/npmVersion.ts")).refuseNewerNpm();
    await import("./infra/defaults.ts");
    const { images } = await import("./infra/bucketLinks.ts");
    const { api } = await import("./infra/api.ts");
    const { streamUrls } = await import("./infra/streams.ts");
    const { studio } = await import("./infra/studio.ts");
    await import("./infra/schedules.ts");
    await import("./infra/alarms.ts");
    await import("./infra/dashboard.ts");
    return {
      ...(studio && { studio: studio.url }),
      api: api.url,
      stream: streamUrls.streamCharacters,
      images: images.properties.publicUrl,
    };
  },
});
