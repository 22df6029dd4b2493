import { Hash } from "@smithy/core/serde";

/** The hash that AWS's signers are given. */
export const sha256 = Hash.bind(null, "sha256") as never;
