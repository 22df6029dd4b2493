import { Problem } from "./answerProblem.ts";

export type JsonResponse = { status: number; body: Record<string, unknown> };

/** A request for JSON that gives up after 10 s. A response that is not JSON has an empty body. */
export async function requestJson(url: string, options: RequestInit = {}): Promise<JsonResponse> {
  const response = await fetch(url, { ...options, signal: AbortSignal.timeout(10_000) }).catch(
    (error: Error) => {
      const reason = error.cause instanceof Error ? error.cause.message : error.message;
      throw new Problem(`${URL.parse(url)?.host ?? "The address"} does not answer (${reason})`);
    },
  );
  const body = await response.json().catch(() => ({}));
  return { status: response.status, body: body !== null && typeof body === "object" ? body : {} };
}

/** The hosts that are asked. Others are for tests, and for a proxy in front of one. */
export const hosts = {
  cloudflare: () => process.env.CLOUDFLARE_API || "https://api.cloudflare.com/client/v4",
  /** AWS's own variable. */
  sts: (region: string) =>
    process.env.AWS_ENDPOINT_URL_STS || `https://sts.${region}.amazonaws.com`,
  r2: (account: string, jurisdiction: string) =>
    process.env.R2_ENDPOINT ||
    `https://${account}.${jurisdiction === "default" ? "" : `${jurisdiction}.`}r2.cloudflarestorage.com`,
};
