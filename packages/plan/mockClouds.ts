const region = "eu-central-1";
const account = "123456789012";

type Properties = Record<string, unknown>;

/** A resource as a cloud would have created it: its inputs and the properties that the cloud adds. */
export function createResource(type: string, name: string, inputs: Properties) {
  const physicalName = String(inputs.name ?? name);
  const outputs = cloudProperties(type, physicalName, inputs);
  return { id: `${name}-id`, state: { name: physicalName, ...inputs, ...outputs } };
}

/** The properties that a cloud sets, for the resources that others read such properties from. */
function cloudProperties(type: string, name: string, inputs: Properties): Properties {
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
      return {
        arn: arn("acm", "certificate/0"),
        domainValidationOptions: [validationOption(inputs)],
      };
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
    case "cloudflare:index/accountToken:AccountToken":
      return { value: `value of ${name}` };
    case "cloudflare:index/r2ManagedDomain:R2ManagedDomain":
      return { domain: "pub-0.r2.dev" };
    default:
      return {};
  }
}

/** The result of a provider function that the program calls (Pulumi: an invoke). */
export function invoke(token: string, inputs: Properties): Properties {
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
      return policyDocument(inputs.statements as Properties[] | undefined);
    default:
      throw new Error(
        `The plan has no result for ${token}: add one to packages/plan/mockClouds.ts`,
      );
  }
}

/** The DNS record by which AWS checks who owns a domain. */
function validationOption({ domainName }: Properties) {
  return {
    domainName,
    resourceRecordName: `_0.${domainName}.`,
    resourceRecordType: "CNAME",
    resourceRecordValue: "_1.acm-validations.aws.",
  };
}

/** Without statements the provider leaves `statements` out, and SST creates no policy. */
function policyDocument(statements: Properties[] = []): Properties {
  const json = JSON.stringify({ Statement: statements });
  return statements.length > 0 ? { statements, json } : { json };
}

function arn(service: string, rest: string) {
  return `arn:aws:${service}:${region}:${account}:${rest}`;
}
