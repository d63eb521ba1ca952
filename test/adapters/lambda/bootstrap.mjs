// Stands in for Lambda's Node.js runtime: asks the Runtime API for events and runs the handler of a module.
//
//   node bootstrap.mjs <module> <export>
import { once } from 'node:events'
import { pathToFileURL } from 'node:url'

// An import would look at every name that it exports, and Node loads its Fetch API for one of them.
const { Agent, request } = process.getBuiltinModule('node:http')
const [modulePath = '', exportName = 'handler'] = process.argv.slice(2)
const base = `http://${process.env['AWS_LAMBDA_RUNTIME_API']}/2018-06-01/runtime`
const agent = new Agent({ keepAlive: true, maxSockets: 1 })
const streaming = Symbol.for('aws.lambda.runtime.handler.streaming')
const preludeType = 'application/vnd.awslambda.http-integration-response'

Reflect.set(globalThis, 'awslambda', {
  streamifyResponse: (run) => Object.assign(run, { [streaming]: 'response' }),
  HttpResponseStream: {
    from(stream, head) {
      stream.setContentType(preludeType)
      stream.beforeFirstWrite = (write) => {
        write(JSON.stringify(head))
        write(new Uint8Array(8))
      }
      return stream
    },
  },
})

let handler
try {
  handler = (await import(pathToFileURL(modulePath).href))[exportName]
  if (typeof handler !== 'function')
    throw new Error(`Expected ${modulePath} to export the function ${exportName}`)
} catch (error) {
  await post('/init/error', JSON.stringify(describe(error)))
  process.exit(1)
}
for (;;) await run()

async function run() {
  const { headers, body } = await call('GET', '/invocation/next')
  const id = headers['lambda-runtime-aws-request-id']
  const deadline = Number(headers['lambda-runtime-deadline-ms'])
  const context = {
    awsRequestId: id,
    callbackWaitsForEmptyEventLoop: true,
    getRemainingTimeInMillis: () => deadline - Date.now(),
  }
  const event = JSON.parse(body)
  if (handler[streaming] === 'response') return runStream(id, event, context)
  try {
    const result = await handler(event, context)
    const answer = await post(`/invocation/${id}/response`, JSON.stringify(result))
    if (answer.status === 413) throw new Error('Response payload size exceeded maximum allowed payload size')
  } catch (error) {
    await post(`/invocation/${id}/error`, JSON.stringify(describe(error)))
  }
}

/** As the runtime does it: a request whose head goes with the first write, and whose trailers tell a failure. */
async function runStream(id, event, context) {
  const stream = request(`${base}/invocation/${id}/response`, {
    method: 'POST',
    agent,
    headers: {
      'lambda-runtime-function-response-mode': 'streaming',
      'transfer-encoding': 'chunked',
      trailer: 'lambda-runtime-function-error-type, lambda-runtime-function-error-body',
    },
  })
  const sent = once(stream, 'response').then(async ([response]) => {
    response.resume()
    await once(response, 'end')
  })
  sent.catch(() => undefined)
  const write = stream.write.bind(stream)
  let isBegun = false
  stream.setContentType = (type) => stream.setHeader('content-type', type)
  stream.write = (chunk, ...rest) => {
    if (!isBegun) {
      isBegun = true
      stream.beforeFirstWrite?.(write)
    }
    return write(chunk, ...rest)
  }
  try {
    await handler(event, stream, context)
  } catch (error) {
    if (!isBegun) {
      stream.destroy()
      await post(`/invocation/${id}/error`, JSON.stringify(describe(error)))
      return
    }
    stream.addTrailers({
      'lambda-runtime-function-error-type': 'Unhandled',
      'lambda-runtime-function-error-body': Buffer.from(JSON.stringify(describe(error))).toString('base64'),
    })
  }
  if (!stream.writableEnded) stream.end()
  await sent
}

function describe(error) {
  return error instanceof Error
    ? { errorType: error.name, errorMessage: error.message, trace: (error.stack ?? '').split('\n') }
    : { errorType: typeof error, errorMessage: String(error), trace: [] }
}

function post(path, body) {
  return call('POST', path, body)
}

async function call(method, path, body) {
  const sent = request(base + path, { method, agent })
  sent.end(body)
  const [response] = await once(sent, 'response')
  let text = ''
  response.setEncoding('utf8')
  for await (const chunk of response) text += chunk
  return { status: response.statusCode, headers: response.headers, body: text }
}
