/** Whether a URL is on this machine: the stand-in sends requests to no other. */
export function isLoopback(text: string): boolean {
  const url = URL.parse(text);
  return (
    url !== null &&
    /^https?:$/.test(url.protocol) &&
    /^(127\.0\.0\.1|localhost|\[::1\])$/.test(url.hostname) &&
    url.username === "" &&
    url.password === ""
  );
}
