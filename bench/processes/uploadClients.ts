import { readFile } from "node:fs/promises";
import { uploadFile } from "@better-upload/client";
import { createClient } from "@keepsake/client";
import { uploadPlain } from "../plain/uploadClient.ts";
import { handleCalls, measureUsage } from "../support/forkedProcess.ts";
import { XMLHttpRequest } from "../support/xhr.ts";

/** A page that uploads files, several at once, with either client. */
Object.assign(globalThis, { XMLHttpRequest });

type Uploads = { url: string; token: string; files: string[]; atOnce: number };

handleCalls({
  keepsake({ url, token, files, atOnce }: Uploads) {
    const client = createClient({ baseUrl: url, token });
    return uploaded(files, atOnce, (file) => client.upload(file));
  },
  plain({ url, token, files, atOnce }: Uploads) {
    return uploaded(files, atOnce, (file) => uploadPlain({ url, token }, file));
  },
  betterUpload({ url, token, files, atOnce }: Uploads) {
    const headers = { authorization: `Bearer ${token}` };
    return uploaded(files, atOnce, (file) =>
      uploadFile({ api: url, route: "checked", file, headers }),
    );
  },
});

async function uploaded(paths: string[], atOnce: number, upload: (file: File) => Promise<unknown>) {
  const files = await Promise.all(
    paths.map(async (path) => {
      const bytes = new Uint8Array(await readFile(path));
      return new File([bytes], "cat.png", { type: "image/png" });
    }),
  );
  const next = files.values();
  return measureUsage(() =>
    Promise.all(
      Array.from({ length: atOnce }, async () => {
        for (const file of next) await upload(file);
      }),
    ),
  );
}
