import type { HttpEvent } from "./httpMiddleware.ts";

/** The origin of the API as the caller reached it. API Gateway answers under its own host names only, by TLS. */
export const originOf = ({ requestContext: { domainName } }: HttpEvent): string =>
  `${onThisMachine.test(domainName) ? "http" : "https"}://${domainName}`;

const onThisMachine = /^(127\.0\.0\.1|localhost|\[::1\])(:\d+)?$/;
