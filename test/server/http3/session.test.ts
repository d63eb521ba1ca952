import { describe, expect, test } from 'vitest'
import { connect } from './client.ts'
import { frame, get, headers, post, text } from './wire.ts'

describe('createHttp3Session()', () => {
  test('answers a request', async () => {
    const { request, exchanges, ended, closeCode } = connect({
      onRequest: (exchange) => exchange.respond(200, ['content-type', 'text/plain'], 'héllo'),
    })
    const stream = await request([...get, 'user-agent', 'test'])
    expect(closeCode()).toBe(null)
    expect(stream.answer()).toEqual({
      status: 200,
      fields: ['content-type', 'text/plain', 'content-length', '6'],
      interim: [],
      body: 'héllo',
      trailers: [],
    })
    expect([stream.isEnded, stream.stopCode, stream.resetCode]).toEqual([true, null, null])
    const [exchange] = exchanges
    expect(exchange).toMatchObject({
      method: 'GET',
      scheme: 'https',
      authority: 'example.com',
      path: '/',
      protocol: null,
      hasBody: false,
      contentLength: null,
    })
    expect(exchange?.headers).toEqual(['host', 'example.com', 'user-agent', 'test'])
    expect(ended).toEqual([exchange])
  })

  test('hands a body over', async () => {
    const { open, settle } = connect({
      onRequest: async (exchange) => {
        const chunks: Uint8Array[] = []
        for (let chunk = await exchange.read(); chunk !== null; chunk = await exchange.read())
          chunks.push(chunk)
        exchange.respond(201, [], Buffer.concat(chunks))
      },
    })
    const stream = open()
      .send(headers(post))
      .send(frame(0, text('one ')))
    await settle()
    stream.send(frame(0, text('two')), true)
    await settle()
    expect(stream.answer()).toMatchObject({ status: 201, body: 'one two' })
  })
})
