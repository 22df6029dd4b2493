import { RejectUpload } from "@better-upload/server";
import { custom } from "@better-upload/server/clients";
import { type JWTPayload, jwtVerify } from "jose";

const { STORE_HOST = "account.r2.cloudflarestorage.com" } = process.env;

/** What better-upload's routes have in common, as in its documentation. */
export const bucket = {
  client: custom({
    host: STORE_HOST,
    accessKeyId: "r2",
    secretAccessKey: "r2",
    region: "auto",
    secure: true,
    forcePathStyle: true,
  }),
  bucketName: "incoming",
};
export const image = { fileTypes: ["image/*"], maxFileSize: 20_000_000, signedUrlExpiresIn: 300 };

/** Rejects an upload without a JWT that is signed with this secret, as Keepsake's page tokens are. */
export async function verifyToken({ headers }: Request, secret: Uint8Array): Promise<JWTPayload> {
  const [, token = ""] = /^Bearer (\S+)$/i.exec(headers.get("authorization") ?? "") ?? [];
  const options = { issuer: "keepsake", algorithms: ["HS256"], requiredClaims: ["exp"] };
  const { payload } = await jwtVerify(token, secret, options).catch(() => {
    throw new RejectUpload("Sign in");
  });
  return payload;
}
