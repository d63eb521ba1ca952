import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { Miniflare } from 'miniflare'
import { openClient } from './client.ts'
import { openWorker } from './miniflare.ts'

/** A chat: who is in the room hears all that is said there, and how often the app was made. */
const program = `
import { roomObject, worker } from '../../../adapters/cloudflare/index.ts'
import { createApp } from '../../../src/index.ts'
let made = 0
let refused = ''
function chat(env) {
  const generation = ++made
  const members = new Set()
  return createApp()
    .get('/refuse/:name', (ctx) => { refused = ctx.params.name; return ctx.text('ok') })
    .get('/rooms/:room/:name', (ctx) => {
      const { name } = ctx.params
      if (name === refused) return ctx.problem(name === 'zed' ? 503 : 403, 'You may not')
      return ctx.platform.upgradeWebSocket(ctx.request, {
        protocol: null, headers: [], maxMessageBytes: 100,
        open(socket) {
          for (const member of members) member.send(name + ' joined')
          members.add(socket)
          socket.send('welcome ' + name)
          return {
            message(message) {
              if (message === 'who') socket.send(name + ' of ' + members.size + ' with ' + ctx.headers.get('cookie'))
              else if (message === 'end') socket.close(4002, 'ended')
              else for (const member of members) member.send(name + ': ' + message)
            },
            drain() {}, pong() {},
            close(code) {
              members.delete(socket)
              for (const member of members) member.send(name + ' left with ' + code)
            },
          }
        },
      })
    })
    .get('/made', () => ({ generation }))
}
export const Room = roomObject(chat, { autoResponse: { request: 'ping', response: 'pong' } })
export default worker(chat, { rooms: (request) => new URL(request.url).pathname.split('/')[2] ?? null })`

let miniflare: Miniflare
let url: string

beforeAll(async () => {
  miniflare = await openWorker(program, { durableObjects: { ROOMS: { className: 'Room', useSQLite: true } } })
  url = String(await miniflare.ready).replace(/\/$/, '')
})
afterAll(() => miniflare?.dispose())

/** Puts a room out of memory, as the runtime does with one that is idle; its connections stay. */
async function evict(room: string): Promise<void> {
  await miniflare.unsafeEvictDurableObject('main', 'Room', { name: room, webSockets: 'hibernate' })
}

describe('roomObject()', () => {
  test('brings those together who are in one room, and nobody else', async () => {
    const ann = await openClient(`${url}/rooms/one/ann`)
    expect(await ann.next()).toBe('welcome ann')
    const ben = await openClient(`${url}/rooms/one/ben`)
    expect(await ann.next()).toBe('ben joined')
    const eve = await openClient(`${url}/rooms/two/eve`)
    expect([await ben.next(), await eve.next()]).toEqual(['welcome ben', 'welcome eve'])
    ben.socket.send('hi')
    expect([await ann.next(), await ben.next()]).toEqual(['ben: hi', 'ben: hi'])
    eve.socket.send('anybody')
    expect(await eve.next()).toBe('eve: anybody')
    ben.socket.close(3001)
    expect(await ann.next()).toBe('ben left with 3001')
    for (const { socket } of [ann, eve]) socket.close()
  })

  test('gives every socket its handler back when the room was out of memory in mid-conversation', async () => {
    const ann = await openClient(`${url}/rooms/three/ann`)
    const ben = await openClient(`${url}/rooms/three/ben`)
    expect([await ann.next(), await ann.next(), await ben.next()]).toEqual([
      'welcome ann',
      'ben joined',
      'welcome ben',
    ])
    for (let times = 0; times < 3; times++) {
      await evict('three')
      ann.socket.send(`round ${times}`)
      ann.socket.send('and again')
      const heard = [await ben.next(), await ben.next(), await ann.next(), await ann.next()]
      // No greeting comes twice, and the order is kept.
      expect(heard).toEqual([
        `ann: round ${times}`,
        'ann: and again',
        `ann: round ${times}`,
        'ann: and again',
      ])
    }
    await evict('three')
    ann.socket.close(3002)
    expect(await ben.next()).toBe('ann left with 3002')
    await evict('three')
    ben.socket.send('who')
    expect(await ben.next()).toBe('ben of 1 with null')
    ben.socket.send('end')
    expect(await ben.closed).toMatchObject({ code: 4002, reason: 'ended' })
  })

  test('lets who comes after the room was out of memory join those who stayed', async () => {
    const ann = await openClient(`${url}/rooms/four/ann`)
    expect(await ann.next()).toBe('welcome ann')
    await evict('four')
    const ben = await openClient(`${url}/rooms/four/ben`)
    expect([await ben.next(), await ann.next()]).toEqual(['welcome ben', 'ben joined'])
    for (const { socket } of [ann, ben]) socket.close()
  })

  test('gives the handler the fields of the handshake again', async () => {
    const response = await miniflare.dispatchFetch(`${url}/rooms/five/ann`, {
      headers: { upgrade: 'websocket', cookie: 'session=1' },
    })
    const socket = response.webSocket
    const heard: unknown[] = []
    socket?.addEventListener('message', ({ data }) => void heard.push(data))
    socket?.accept()
    await evict('five')
    socket?.send('who')
    await expect.poll(() => heard).toEqual(['welcome ann', 'ann of 1 with session=1'])
    socket?.close()
  })

  test('keeps handshakes of up to 15 kB, and refuses longer ones with 431', async () => {
    const statuses: number[] = []
    for (const length of [15_000, 17_000]) {
      const headers = { upgrade: 'websocket', cookie: 'x'.repeat(length) }
      const response = await miniflare.dispatchFetch(`${url}/rooms/long/ann`, { headers })
      statuses.push(response.status)
      response.webSocket?.accept()
      response.webSocket?.close()
    }
    expect(statuses).toEqual([101, 431])
  })

  test('closes with 1008 who is not accepted any more', async () => {
    const ann = await openClient(`${url}/rooms/six/ann`)
    expect(await ann.next()).toBe('welcome ann')
    await evict('six')
    await fetch(`${url}/refuse/ann`)
    ann.socket.send('who')
    expect(await ann.closed).toMatchObject({ code: 1008 })
  })

  test('closes with 1013 who cannot be asked for now', async () => {
    const zed = await openClient(`${url}/rooms/nine/zed`)
    expect(await zed.next()).toBe('welcome zed')
    await evict('nine')
    await fetch(`${url}/refuse/zed`)
    zed.socket.send('who')
    expect(await zed.closed).toMatchObject({ code: 1013 })
  })

  test('closes with 1009 what is longer than the bound, also after it was out of memory', async () => {
    const ann = await openClient(`${url}/rooms/seven/zoe`)
    await evict('seven')
    ann.socket.send('x'.repeat(101))
    expect(await ann.closed).toMatchObject({ code: 1009 })
  })

  test('answers a ping without waking', async () => {
    const ann = await openClient(`${url}/rooms/eight/amy`)
    expect(await ann.next()).toBe('welcome amy')
    ann.socket.send('ping')
    expect(await ann.next()).toBe('pong')
    ann.socket.close()
  })
})

describe('worker() with rooms', () => {
  test('answers what is no handshake itself', async () => {
    expect((await fetch(`${url}/made`)).status).toBe(200)
  })

  test('fails at start without a binding', async () => {
    const alone = await openWorker(program)
    try {
      expect((await alone.dispatchFetch('http://x.test/made')).status).toBe(503)
    } finally {
      await alone.dispose()
    }
  })
})
