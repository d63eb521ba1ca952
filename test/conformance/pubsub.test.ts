import { randomUUID } from 'node:crypto'
import { broadcastPubSub, memoryPubSub } from '../../src/stores/pubsub/index.ts'
import { redisPubSub } from '../../src/stores/redis.ts'
import { describeRedis, newClient } from '../stores/redis-server.ts'
import { bindPubSubSuite } from './bind-pubsub.ts'

const bounds = { maxSubscriptions: 50, maxMessageBytes: 100_000 }

bindPubSubSuite('memory', async () => {
  const pubSub = memoryPubSub(bounds)
  return { pubSub, peer: null, close: () => pubSub.close() }
})

bindPubSubSuite('BroadcastChannel', async () => {
  const name = randomUUID()
  const [here, there] = [new BroadcastChannel(name), new BroadcastChannel(name)]
  const [pubSub, peer] = [broadcastPubSub(here, bounds), broadcastPubSub(there, bounds)]
  return {
    pubSub,
    peer,
    async close() {
      await Promise.all([pubSub.close(), peer.close()])
      here.close()
      there.close()
    },
  }
})

describeRedis('a Redis server', () => {
  bindPubSubSuite('redis', async () => {
    const channelPrefix = `test:${randomUUID()}:`
    const clients = [newClient(), newClient(), newClient(), newClient()] as const
    await Promise.all(clients.map((client) => client.connect()))
    const [publisher, subscriber, peerPublisher, peerSubscriber] = clients
    const options = { ...bounds, buffer: Buffer, channelPrefix }
    const pubSub = redisPubSub({ ...options, publisher, subscriber })
    const peer = redisPubSub({ ...options, publisher: peerPublisher, subscriber: peerSubscriber })
    return {
      pubSub,
      peer,
      async close() {
        await Promise.all([pubSub.close(), peer.close()])
        await Promise.all(clients.map((client) => client.close()))
      },
    }
  })
})
