import { describe, expect, expectTypeOf, test } from 'vitest'
import { createApp } from '../../src/index.ts'
import type { Message, SocketContext } from '../../src/realtime/index.ts'
import { webSocketHandler } from '../../src/realtime/index.ts'
import type { Context } from '../../src/context/index.ts'

describe('the types of hooks', () => {
  test('know the parameters of the path, the services of the app, and the message', () => {
    const app = createApp({ mode: 'test', services: { greet: () => (name: string) => `Hello ${name}` } })
    app.ws('/rooms/:room/:seat?', {
      open(socket) {
        expectTypeOf(socket.ctx.params).toEqualTypeOf<{
          readonly room: string
          readonly seat?: string | undefined
        }>()
        expectTypeOf(socket.ctx.greet('you')).toEqualTypeOf<string>()
      },
      message(_socket, message) {
        expectTypeOf(message).toEqualTypeOf<Message>()
      },
    })
    expect(app.routes()).toHaveLength(1)
  })

  test('leave out what makes answers', () => {
    expectTypeOf<Extract<keyof SocketContext<Context>, 'text' | 'json' | 'redirect' | 'signal'>>().toBeNever()
    expectTypeOf<SocketContext<Context>>().toHaveProperty('params')
    // @ts-expect-error -- there is no such hook
    expect(() => webSocketHandler({ mesage: () => undefined })).toThrow(/mesage/)
    // @ts-expect-error -- a policy that is none
    expect(() => webSocketHandler({}, { whenSlow: 'wait' })).toThrow(/whenSlow/)
  })
})
