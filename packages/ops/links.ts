import { type QueueName, queues } from "@keepsake/contract/queues";
import { Resource } from "sst";

/** The links that the operator's tools read directly; the functions' services read the others. */
export const links = {
  images: () => Resource.Images,
  incoming: () => Resource.Incoming,
  database: () => Resource.Database,
  telegram: () => Resource.Telegram,
  webhookSecret: () => Resource.TelegramWebhook.secret,
  apiUrl: () => Resource.Api.url,
  queueUrl: (name: QueueName) => Resource[name].url,
  deadLetterUrl: (name: QueueName) => Resource[`${name}Dead`].url,
  queueNames: Object.keys(queues) as QueueName[],
};
