import { uploadPresigner } from "@keepsake/adapters/cloud/presigner";
import { presign } from "../plain/presignUpload.ts";
import { handleCalls, measureUsage } from "../support/forkedProcess.ts";
import { declaredFile } from "../support/lambdaEvents.ts";

const { R2_ENDPOINT = "", R2_BUCKET = "" } = process.env;
const presigner = uploadPresigner({
  endpoint: R2_ENDPOINT,
  bucket: R2_BUCKET,
  accessKeyId: process.env.R2_ACCESS_KEY_ID ?? "",
  secretAccessKey: process.env.R2_SECRET_ACCESS_KEY ?? "",
});
const declared = {
  contentType: declaredFile.content_type,
  bytes: declaredFile.size,
  sha256: declaredFile.sha256,
  expiresInSeconds: 300,
};

/** Both ways to presign a URL for the same file, with the same signed headers. */
const ways = {
  keepsake: (key: string) => presigner.presignPut(key, declared),
  plain: (key: string) => presign(key, declaredFile as Parameters<typeof presign>[1]),
};

handleCalls({
  async signedHeaders({ way }: { way: keyof typeof ways }) {
    const { url, headers } = await ways[way]("uploads/1");
    return { signed: new URL(url).searchParams.get("X-Amz-SignedHeaders"), headers };
  },
  presign: ({ way, times }: { way: keyof typeof ways; times: number }) =>
    measureUsage(async () => {
      for (let url = 0; url < times; url += 1) await ways[way](`uploads/${url}`);
    }),
});
