import { DeleteObjectCommand, GetObjectCommand, PutObjectCommand } from "@aws-sdk/client-s3";
import { s3Client } from "@keepsake/adapters/cloud/r2";
import { inject } from "vitest";
import { deliverQueued } from "../faults/support/passTime.ts";
import { sweep, type TestStack } from "./stack.ts";

/** Lets time pass for every upload: its URL, its end, its next look and its place in the queue. */
export async function passUploadTime({ sql }: TestStack, seconds: number) {
  const age = sql`make_interval(secs => ${seconds})`;
  await sql`
    update images
    set url_expires_at = url_expires_at - ${age}, expires_at = expires_at - ${age},
        retry_at = retry_at - ${age}, queued_at = queued_at - ${age}, attempted_at = attempted_at - ${age}
    where platform = 'web'
  `;
  await sql`update upload_urls set expires_at = expires_at - ${age}`;
}

/** What the scheduler and the queue do, until no upload is due: the sweep, then each message. */
export async function sweepAndDeliver(stack: TestStack) {
  await sweep(stack);
  await deliverQueued(stack);
}

/** The row of an upload; undefined when there is none. */
export async function uploadRow({ sql }: TestStack, upload_id: string) {
  const [row] = await sql`select * from images where image_id = ${upload_id}`;
  return row;
}

/** Whether the incoming bucket has the object of an upload. */
export async function hasIncoming(upload_id: string) {
  const { incomingBucket: Bucket, ...link } = inject("backends").r2;
  const s3 = s3Client(link);
  const get = s3.send(new GetObjectCommand({ Bucket, Key: `uploads/${upload_id}` }));
  const exists = await get.then(
    () => true,
    () => false,
  );
  s3.destroy();
  return exists;
}

/** Stores the object of an upload, as its PUT does. */
export async function putIncoming(upload_id: string, bytes: Buffer) {
  const { incomingBucket: Bucket, ...link } = inject("backends").r2;
  const s3 = s3Client(link);
  await s3.send(new PutObjectCommand({ Bucket, Key: `uploads/${upload_id}`, Body: bytes }));
  s3.destroy();
}

/** Removes the object of an upload from the incoming bucket, as if it had never arrived. */
export async function removeIncoming(upload_id: string) {
  const { incomingBucket: Bucket, ...link } = inject("backends").r2;
  const s3 = s3Client(link);
  await s3.send(new DeleteObjectCommand({ Bucket, Key: `uploads/${upload_id}` }));
  s3.destroy();
}
