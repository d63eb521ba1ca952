import { redisKeyValue } from '../../src/stores/redis.ts'
import { bindKeyValueSuite } from './bind-key-value.ts'
import { describeRedis, openRedis } from '../stores/redis-server.ts'

describeRedis('a Redis server', () => {
  bindKeyValueSuite('redis', async () => {
    const { client, prefix, close } = await openRedis()
    const options = { buffer: Buffer, keyPrefix: prefix }
    return {
      store: redisKeyValue(client, options),
      peer: redisKeyValue(client, options),
      // Redis has its own clock.
      advance: (ms) => new Promise((resolve) => setTimeout(resolve, ms)),
      close,
    }
  })
})
