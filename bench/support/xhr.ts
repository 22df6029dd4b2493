import { Agent, request } from "node:https";

const agent = new Agent({ keepAlive: true });

/** The part of a browser's XMLHttpRequest that uploading a file needs: Node has none, and both clients use it. */
export class XMLHttpRequest {
  status = 0;
  readyState = 0;
  responseText = "";
  upload: { onprogress?: (progress: object) => void } = {};
  onload?: () => void;
  onerror?: () => void;
  onloadend?: () => void;
  #method = "";
  #url = "";
  #headers: Record<string, string> = {};

  open(method: string, url: string) {
    this.#method = method;
    this.#url = url;
  }
  setRequestHeader(name: string, value: string) {
    this.#headers[name] = value;
  }
  abort() {}

  async send(file: Blob) {
    const bytes = Buffer.from(await file.arrayBuffer());
    const headers = { ...this.#headers, "content-length": String(bytes.length) };
    const outgoing = request(this.#url, { method: this.#method, agent, headers }, (response) => {
      response.setEncoding("utf8").on("data", (text) => {
        this.responseText += text;
      });
      response.on("end", () => {
        this.status = response.statusCode ?? 0;
        this.readyState = 4;
        const progress = { lengthComputable: true, loaded: bytes.length, total: bytes.length };
        this.upload.onprogress?.(progress);
        this.onload?.();
        this.onloadend?.();
      });
    });
    outgoing.on("error", () => {
      this.onerror?.();
      this.onloadend?.();
    });
    outgoing.end(bytes);
  }
}
