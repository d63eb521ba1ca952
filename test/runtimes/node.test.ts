import { describeRedis } from '../stores/redis-server.ts'
import { http2Client } from './client.ts'
import { startNode, startSubject } from './starters.ts'
import { describeRuntime } from './suite.ts'

describeRuntime('Node HTTP/1.1', () => startSubject(() => startNode({})))
describeRuntime('Node HTTP/2', () => startSubject(() => startNode({ http2: true }), http2Client))

// What workers share is a file and a server: memory is each one's own.
await describeRedis('workers that share Redis', () => {
  const env = { DATABASE_URL: 'file:./data/suite.db', REDIS_URL: 'redis://127.0.0.1:6379' }
  describeRuntime('Node prefork', () => startSubject(() => startNode({ workers: 2 }, env)))
})
