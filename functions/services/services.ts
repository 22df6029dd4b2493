import { cloudflareCdn } from "@keepsake/adapters/cloud/cloudflare";
import { connect } from "@keepsake/adapters/cloud/postgres";
import { uploadPresigner as presigner } from "@keepsake/adapters/cloud/presigner";
import { privateBucket, publicBucket } from "@keepsake/adapters/cloud/r2";
import { type Role, sqs } from "@keepsake/adapters/cloud/sqs";
import {
  aiCharacterGenerator,
  aiPortraitGenerator,
} from "@keepsake/adapters/generators/ai/characterGenerator";
import { offlineCharacterGenerator } from "@keepsake/adapters/generators/offline/characterGenerator";
import { offlinePortraitGenerator } from "@keepsake/adapters/generators/offline/portraitGenerator";
import { discordFiles, identifyAttachment } from "@keepsake/adapters/platforms/discord";
import {
  identifyTelegramFile,
  telegramBot,
  telegramFiles,
} from "@keepsake/adapters/platforms/telegram";
import type { PortraitMessage, RehostMessage } from "@keepsake/contract/messages";
import { Resource } from "sst";
import { logger, serializeError } from "../runtime/log.ts";
import { tokenVerifier } from "../runtime/token.ts";

/**
 * The one file that reads links. Each service is made on first use and kept for the life of the
 * container. A function bundles, and is granted, only those it names.
 */
export const sql = once(() => connect(Resource.Database));
export const images = once(() => publicBucket(Resource.Images));
export const incoming = once(() => privateBucket(Resource.Incoming));
export const uploadPresigner = once(() => presigner(Resource.Incoming));
export const cdn = once(() => cloudflareCdn(Resource.Cdn));
export const portraitQueue = once(() =>
  sqs<PortraitMessage>(Resource.PortraitQueue, role(), logUnsent("PortraitQueue")),
);
export const rehostQueue = once(() =>
  sqs<RehostMessage>(Resource.RehostQueue, role(), logUnsent("RehostQueue")),
);
export const telegram = once(() => telegramBot(Resource.Telegram));
export const replies = () => (Resource.Telegram.reply === "off" ? undefined : telegram());
export const botName = () => Resource.TelegramBot.name;
export const webhookSecret = once(() => {
  const { secret } = Resource.TelegramWebhook;
  if (!secret) throw new Error("TelegramWebhookSecret is not set: anybody could call the webhook");
  return secret;
});
export const identify = once(() => ({
  telegram: identifyTelegramFile,
  discord: identifyAttachment(Resource.Discord),
}));
export const platforms = once(() => ({
  telegram: telegramFiles(telegram()),
  discord: discordFiles(Resource.Discord),
}));
export const characterGenerator = once(() =>
  Resource.Ai.baseUrl ? aiCharacterGenerator(Resource.Ai) : offlineCharacterGenerator(),
);
export const portraitGenerator = once(() =>
  Resource.Ai.baseUrl ? aiPortraitGenerator(Resource.Ai) : offlinePortraitGenerator(),
);
export const verifyToken = once(() => tokenVerifier(Resource.Auth));

/** Whom Lambda lets this process be. */
function role(): Role {
  const { AWS_REGION, AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY, AWS_SESSION_TOKEN } = process.env;
  return {
    region: AWS_REGION ?? "",
    credentials: {
      accessKeyId: AWS_ACCESS_KEY_ID ?? "",
      secretAccessKey: AWS_SECRET_ACCESS_KEY ?? "",
      ...(AWS_SESSION_TOKEN && { sessionToken: AWS_SESSION_TOKEN }),
    },
  };
}

function logUnsent(queue: string) {
  return (reason: unknown, count: number) =>
    logger.warn("messages not sent, the sweep will", {
      queue,
      count,
      reason: serializeError(reason),
    });
}

/* @__NO_SIDE_EFFECTS__ */
function once<T>(make: () => T): () => T {
  let made: T | undefined;
  return () => {
    made ??= make();
    return made;
  };
}
