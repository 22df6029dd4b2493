const region = "eu-central-1";
const account = "123456789012";

type Properties = Record<string, unknown>;

/** What a cloud would have made of a resource: what it was told, and what it adds. */
export function create(type: string, name: string, inputs: Properties) {
  const named = String(inputs.name ?? name);
  return { id: `${name}-id`, state: { name: named, ...inputs, ...added(type, named, inputs) } };
}

/** The properties that only the cloud knows, of the resources whose properties others use. */
function added(type: string, name: string, inputs: Properties): Properties {
  switch (type) {
    case "aws:sqs/queue:Queue":
      return {
        arn: arn("sqs", name),
        url: `https://sqs.${region}.amazonaws.com/${account}/${name}`,
      };
    case "aws:lambda/functionUrl:FunctionUrl":
      return { functionUrl: `https://url.lambda-url.${region}.on.aws/` };
    case "aws:lambda/function:Function":
      return { arn: arn("lambda", `function:${name}`), version: "1" };
    case "aws:sns/topic:Topic":
      return { arn: arn("sns", name) };
    case "aws:s3/bucket:Bucket":
      return {
        arn: `arn:aws:s3:::${name}`,
        bucket: name,
        bucketRegionalDomainName: `${name}.s3.${region}.amazonaws.com`,
      };
    case "aws:acm/certificate:Certificate":
      return { arn: arn("acm", "certificate/0"), domainValidationOptions: [validation(inputs)] };
    case "aws:cloudfront/keyValueStore:KeyValueStore":
      return { arn: `arn:aws:cloudfront::${account}:key-value-store/${name}` };
    case "aws:cloudfront/function:Function":
      return { arn: `arn:aws:cloudfront::${account}:function/${name}` };
    case "aws:cloudfront/distribution:Distribution":
      return { domainName: "d0.cloudfront.net", hostedZoneId: "Z2FDTNDATAQYW2", etag: "E0" };
    case "aws:cloudwatch/logGroup:LogGroup":
      return { arn: arn("logs", `log-group:${name}`) };
    case "aws:iam/role:Role":
      return { arn: `arn:aws:iam::${account}:role/${name}` };
    case "aws:apigatewayv2/api:Api":
      return {
        apiEndpoint: `https://api.execute-api.${region}.amazonaws.com`,
        executionArn: arn("execute-api", "api"),
      };
    case "random:index/randomBytes:RandomBytes":
      return { base64: Buffer.alloc(Number(inputs.length), "k").toString("base64") };
    case "cloudflare:index/r2ManagedDomain:R2ManagedDomain":
      return { domain: "pub-0.r2.dev" };
    default:
      return {};
  }
}

/** What a cloud answers when the program asks it something. */
export function answer(token: string, inputs: Properties): Properties {
  switch (token) {
    case "aws:index/getPartition:getPartition":
      return { partition: "aws" };
    case "aws:index/getRegion:getRegion":
      return { region };
    case "aws:index/getCallerIdentity:getCallerIdentity":
      return { accountId: account };
    case "cloudflare:index/getZone:getZone":
      return { name: "example.com" };
    case "aws:iam/getPolicyDocument:getPolicyDocument":
      return policy(inputs.statements as Properties[] | undefined);
    default:
      throw new Error(
        `The plan has no answer to ${token}: say in packages/plan/mockClouds.ts what it would be`,
      );
  }
}

/** The DNS record that proves to AWS whose name it is. */
function validation({ domainName }: Properties) {
  return {
    domainName,
    resourceRecordName: `_0.${domainName}.`,
    resourceRecordType: "CNAME",
    resourceRecordValue: "_1.acm-validations.aws.",
  };
}

/** With nothing to say the provider has no `statements`, and SST makes no policy of it. */
function policy(statements: Properties[] = []): Properties {
  const json = JSON.stringify({ Statement: statements });
  return statements.length > 0 ? { statements, json } : { json };
}

function arn(service: string, rest: string) {
  return `arn:aws:${service}:${region}:${account}:${rest}`;
}
