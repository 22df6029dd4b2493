/**
 * Hosts that images are re-hosted from by their URL: those that serve the outputs of image generators. `*.`
 * stands for every subdomain, and not for the domain itself. A stage names its own with REHOST_HOSTS. This file
 * imports nothing.
 */
export const defaultRehostHosts = [
  // Replicate, deleted after an hour: https://replicate.com/docs/topics/predictions/output-files
  "replicate.delivery",
  "*.replicate.delivery",
  // fal, v3. and v3b.: https://fal.ai/docs/documentation/model-apis/media-expiration
  "fal.media",
  "*.fal.media",
  // OpenAI, the `url` of an image, signed by Azure for two hours and served for one:
  // https://platform.openai.com/docs/api-reference/images
  "oaidalleapiprodscus.blob.core.windows.net",
  // Hugging Face, the temporary files of a Space: https://www.gradio.app/guides/file-access
  "*.hf.space",
  // ComfyDeploy's bucket of outputs, by both of S3's names: https://github.com/BennyKok/comfyui-deploy, its tests
  "comfy-deploy-output.s3.amazonaws.com",
  "comfy-deploy-output.s3.us-east-2.amazonaws.com",
  // Midjourney: https://useapi.net/docs/api-v2/get-proxy-cdn-midjourney. It refuses many programs with 403
  "cdn.midjourney.com",
];

/** Reads `REHOST_HOSTS`, host names separated by commas or spaces; the default list when it is not set. */
export function rehostHosts(setting: string | undefined): string[] {
  const hosts = (setting ?? "").split(/[\s,]+/).filter((host) => host !== "");
  for (const host of hosts)
    if (!hostPattern.test(host) || host.length > 255)
      throw new Error(
        `REHOST_HOSTS must be host names such as images.example.com or *.example.com, in lower case, not "${host}"`,
      );
  return hosts.length > 0 ? [...new Set(hosts)] : defaultRehostHosts;
}

/** At least two labels, the last of which is no number: no address is a host name. */
const hostPattern =
  /^(?:\*\.)?(?:[a-z\d](?:[a-z\d-]{0,61}[a-z\d])?\.)+(?!\d+$)[a-z\d](?:[a-z\d-]{0,61}[a-z\d])?$/;

/** Whether a host name, in lower case, is one of the hosts. */
export const isAllowedHost = (hostname: string, hosts: string[]) =>
  hosts.some((host) =>
    host.startsWith("*.")
      ? hostname.endsWith(host.slice(1)) && hostname.length > host.length - 1
      : hostname === host,
  );

/** The form of a URL to re-host, as `parseAllowedUrl` accepts it. For the OpenAPI document. */
export const sourceUrlPattern = String.raw`^https://[A-Za-z0-9.-]+(?:[/?#][!-\[\]-~]*)?$`;
