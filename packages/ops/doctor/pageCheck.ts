import { type Check, CheckFailed, type Configuration } from "./check.ts";

/** Whether the web page is served, with its policy; no check for a stage without one. */
export function pageChecks({ pageUrl }: Configuration): Check[] {
  if (pageUrl === undefined) return [];
  const check: Check = {
    subject: `The page ${pageUrl}`,
    advice: "check STUDIO_DOMAIN, and deploy again",
    async run(signal) {
      // a path without a file, as people open it from a bookmark
      const response = await fetch(`${pageUrl}/worlds/1`, { redirect: "manual", signal });
      const text = await response.text();
      if (response.status !== 200)
        throw new CheckFailed(
          `${pageUrl} answers ${response.status}`,
          "after a first deployment, deploy again: CloudFront's key-value store may have come later than the files (docs/deploy.md)",
        );
      if (!response.headers.get("content-security-policy") || !text.includes("<html"))
        throw new CheckFailed(
          `${pageUrl} is not the page, or is sent without its content-security-policy`,
          "check that its DNS record names this stage's CloudFront distribution",
        );
      return `${pageUrl} serves the page, with its content-security-policy`;
    },
  };
  return [check];
}
