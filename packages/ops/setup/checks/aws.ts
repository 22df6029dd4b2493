import { S3Client } from "@aws-sdk/client-s3";
import { awsRequestSigner } from "@keepsake/adapters/cloud/awsRequestSigner";
import { Problem } from "../answerProblem.ts";
import { hosts, requestJson } from "../requestJson.ts";

/** Asks STS who the credentials of this terminal belong to. They are found as the AWS CLI finds them. */
export async function checkAws(region: string, profile: string): Promise<string> {
  if (!/^[a-z]{2}(-[a-z]+)+-\d$/.test(region))
    throw new Problem(`"${region}" is not a region of AWS, such as eu-central-1`);
  const client = new S3Client({ region, ...(profile && { profile }) });
  const credentials = await client.config.credentials().catch(({ message }) => {
    throw new Problem(
      `There are no AWS credentials (${message}): sign in with aws sso login, name another profile, or set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY`,
    );
  });

  const endpoint = new URL("/", hosts.sts(region));
  const sign = awsRequestSigner("sts", endpoint, { region, credentials });
  const body = "Action=GetCallerIdentity&Version=2011-06-15";
  const form = {
    accept: "application/json",
    "content-type": "application/x-www-form-urlencoded",
  };
  const headers = await sign(form, body);
  const response = await requestJson(endpoint.href, { method: "POST", headers, body });
  const { GetCallerIdentityResponse: answer } = response.body as StsResponse;
  if (response.status !== 200 || !answer) {
    const { Error: error } = response.body as StsResponse;
    throw new Problem(
      `AWS does not accept these credentials (${error?.Code ?? response.status}): sign in again, or use others`,
    );
  }
  const { Account, Arn } = answer.GetCallerIdentityResult;
  return `AWS: ${Arn} in account ${Account}, region ${region}`;
}

type StsResponse = {
  GetCallerIdentityResponse?: { GetCallerIdentityResult: { Account: string; Arn: string } };
  Error?: { Code?: string };
};
