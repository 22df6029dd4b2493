import {
  CompleteMultipartUploadCommand,
  CreateMultipartUploadCommand,
  GetObjectCommand,
  UploadPartCommand,
} from "@aws-sdk/client-s3";
import sharp from "sharp";
import { s3 } from "./s3.ts";

type Event = { source: string; target: string; keys: string[]; asPng: boolean };
const partBytes = 8 * 1_024 * 1_024;

/** Reads objects one after another, makes PNGs of them if wanted, and sends all as one object in parts. */
export async function handler({ source, target, keys, asPng }: Event) {
  const object = { Bucket: target, Key: "all" };
  const { UploadId } = await s3.send(new CreateMultipartUploadCommand(object));
  const Parts: { PartNumber: number; ETag: string | undefined }[] = [];
  let waiting: Buffer[] = [];
  const send = async (Body: Buffer) => {
    const PartNumber = Parts.length + 1;
    const { ETag } = await s3.send(
      new UploadPartCommand({ ...object, UploadId, PartNumber, Body }),
    );
    Parts.push({ PartNumber, ETag });
  };

  for (const Key of keys) {
    const { Body } = await s3.send(new GetObjectCommand({ Bucket: source, Key }));
    const bytes = Buffer.from(await Body!.transformToByteArray());
    waiting.push(asPng ? await sharp(bytes).autoOrient().png().toBuffer() : bytes);
    let all = Buffer.concat(waiting);
    for (; all.length >= partBytes; all = all.subarray(partBytes))
      await send(all.subarray(0, partBytes));
    waiting = [all];
  }
  await send(Buffer.concat(waiting));
  const end = { ...object, UploadId, MultipartUpload: { Parts } };
  await s3.send(new CompleteMultipartUploadCommand(end));
  return {};
}
