import type { ALBEvent, APIGatewayProxyEvent, APIGatewayProxyEventV2 } from 'aws-lambda'

/** Events as AWS documents them, with the fields that differ between the kinds. Written by hand. */

const client = '203.0.113.7'

/** HTTP API, payload format 2.0. */
export function httpEvent(changes: Partial<APIGatewayProxyEventV2> = {}): APIGatewayProxyEventV2 {
  return {
    version: '2.0',
    routeKey: '$default',
    rawPath: '/notes',
    rawQueryString: '',
    headers: {
      host: 'k4z0example.execute-api.eu-west-3.amazonaws.com',
      'user-agent': 'fixture/1',
      'x-forwarded-for': client,
      'x-forwarded-port': '443',
      'x-forwarded-proto': 'https',
    },
    requestContext: {
      accountId: '111122223333',
      apiId: 'k4z0example',
      domainName: 'k4z0example.execute-api.eu-west-3.amazonaws.com',
      domainPrefix: 'k4z0example',
      http: {
        method: 'GET',
        path: '/notes',
        protocol: 'HTTP/1.1',
        sourceIp: client,
        userAgent: 'fixture/1',
      },
      requestId: 'JKJaXmPLvHcESHA=',
      routeKey: '$default',
      stage: '$default',
      time: '02/Mar/2026:08:00:00 +0000',
      timeEpoch: 1_772_438_400_000,
    },
    isBase64Encoded: false,
    ...changes,
  }
}

/** An HTTP API's event with another method. */
export function withMethod(event: APIGatewayProxyEventV2, method: string): APIGatewayProxyEventV2 {
  const { requestContext } = event
  return { ...event, requestContext: { ...requestContext, http: { ...requestContext.http, method } } }
}

/** Function URL: payload format 2.0, too. */
export function urlEvent(changes: Partial<APIGatewayProxyEventV2> = {}): APIGatewayProxyEventV2 {
  const event = httpEvent(changes)
  const domainName = 'p0abcdexample.lambda-url.eu-west-3.on.aws'
  return {
    ...event,
    headers: { ...event.headers, host: domainName },
    requestContext: {
      ...event.requestContext,
      accountId: 'anonymous',
      apiId: 'p0abcdexample',
      domainName,
      domainPrefix: 'p0abcdexample',
    },
  }
}

/** REST API. */
export function restEvent(changes: Partial<APIGatewayProxyEvent> = {}): APIGatewayProxyEvent {
  return {
    resource: '/{proxy+}',
    path: '/notes',
    httpMethod: 'GET',
    headers: { Host: 'r3st0example.execute-api.eu-west-3.amazonaws.com', 'X-Forwarded-Proto': 'https' },
    multiValueHeaders: {
      Host: ['r3st0example.execute-api.eu-west-3.amazonaws.com'],
      'X-Forwarded-Proto': ['https'],
    },
    queryStringParameters: null,
    multiValueQueryStringParameters: null,
    pathParameters: { proxy: 'notes' },
    stageVariables: null,
    requestContext: {
      accountId: '111122223333',
      apiId: 'r3st0example',
      authorizer: null,
      protocol: 'HTTP/1.1',
      httpMethod: 'GET',
      identity: {
        accessKey: null,
        accountId: null,
        apiKey: null,
        apiKeyId: null,
        caller: null,
        clientCert: null,
        cognitoAuthenticationProvider: null,
        cognitoAuthenticationType: null,
        cognitoIdentityId: null,
        cognitoIdentityPoolId: null,
        principalOrgId: null,
        sourceIp: client,
        user: null,
        userAgent: 'fixture/1',
        userArn: null,
      },
      path: '/prod/notes',
      stage: 'prod',
      requestId: 'b1c6a2a0-0000-4000-8000-000000000001',
      requestTimeEpoch: 1_772_438_400_000,
      resourceId: 'x1y2z3',
      resourcePath: '/{proxy+}',
      domainName: 'r3st0example.execute-api.eu-west-3.amazonaws.com',
    },
    body: null,
    isBase64Encoded: false,
    ...changes,
  }
}

/** HTTP API, payload format 1.0: the shape of a REST API with a version. */
export function http1Event(
  changes: Partial<APIGatewayProxyEvent> = {},
): APIGatewayProxyEvent & { version: string } {
  return { version: '1.0', ...restEvent(changes) }
}

const elb = {
  targetGroupArn: 'arn:aws:elasticloadbalancing:eu-west-3:111122223333:targetgroup/notes/0011223344556677',
}

/** Load balancer. */
export function albEvent(changes: Partial<ALBEvent> = {}): ALBEvent {
  return {
    requestContext: { elb },
    httpMethod: 'GET',
    path: '/notes',
    queryStringParameters: {},
    headers: {
      host: 'notes-1234.eu-west-3.elb.amazonaws.com',
      'x-forwarded-for': `192.0.2.66, ${client}`,
      'x-forwarded-port': '80',
      'x-forwarded-proto': 'http',
    },
    body: '',
    isBase64Encoded: false,
    ...changes,
  }
}

/** Load balancer with the attribute `lambda.multi_value_headers.enabled` on its target group. */
export function albMultiEvent(changes: Partial<ALBEvent> = {}): ALBEvent {
  return {
    requestContext: { elb },
    httpMethod: 'GET',
    path: '/notes',
    multiValueQueryStringParameters: {},
    multiValueHeaders: {
      host: ['notes-1234.eu-west-3.elb.amazonaws.com'],
      'x-forwarded-for': [client],
      'x-forwarded-port': ['443'],
      'x-forwarded-proto': ['https'],
    },
    body: '',
    isBase64Encoded: false,
    ...changes,
  }
}

/** A context with so much time left, which runs out as the clock goes. */
export function contextFor(ms = 30_000): {
  callbackWaitsForEmptyEventLoop: boolean
  getRemainingTimeInMillis(): number
} {
  const end = performance.now() + ms
  return {
    callbackWaitsForEmptyEventLoop: true,
    getRemainingTimeInMillis: () => Math.max(0, Math.round(end - performance.now())),
  }
}
