type Presigned = { upload_id: string; url: string; headers: Record<string, string> };

/** A page's upload with the plain functions: asks for a URL, sends the file there, and has it published. */
export async function uploadPlain({ url, token }: { url: string; token: string }, file: File) {
  const post = async (path: string, body: object) => {
    const headers = {
      authorization: `Bearer ${token}`,
      "keepsake-owner": "user-0",
      "content-type": "application/json",
    };
    const sent = { method: "POST", headers, body: JSON.stringify(body) };
    const response = await fetch(`${url}${path}`, sent);
    if (!response.ok) throw new Error(`${response.status} ${await response.text()}`);
    return response.json();
  };
  const digest = await crypto.subtle.digest("SHA-256", await file.arrayBuffer());
  const sha256 = Buffer.from(digest).toString("hex");
  const declared = { content_type: file.type, size: file.size, sha256 };
  const presigned = (await post("/uploads", declared)) as Presigned;
  await put(presigned, file);
  return post(`/uploads/${presigned.upload_id}`, {});
}

const put = ({ url, headers }: Presigned, file: File) =>
  new Promise<void>((resolve, reject) => {
    const request = new XMLHttpRequest();
    request.onload = () =>
      request.status === 200 ? resolve() : reject(new Error(`PUT ${request.status}`));
    request.onerror = () => reject(new Error("PUT failed"));
    request.open("PUT", url);
    for (const [name, value] of Object.entries(headers)) request.setRequestHeader(name, value);
    request.send(file);
  });
