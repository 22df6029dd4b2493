import type { APIGatewayProxyStructuredResultV2 } from "aws-lambda";
import { ZodError } from "zod";

export function jsonResponse(statusCode: number, body: object): APIGatewayProxyStructuredResultV2 {
  return {
    statusCode,
    headers: { "content-type": "application/json" },
    body: JSON.stringify(body),
  };
}

export function rejectInvalid(request: { error: unknown; response: unknown }) {
  if (request.error instanceof ZodError)
    request.response = jsonResponse(422, { issues: request.error.issues });
}
