import type { GatewayKind } from '../adapters/lambda/gateway-events.ts'
import { startLambda } from '../adapters/lambda/gateway.ts'
import { bundleInScratch } from './programs.ts'
import { startSubject } from './starters.ts'
import { describeRuntime } from './suite.ts'

function start(kind: GatewayKind): () => ReturnType<typeof startSubject> {
  return () =>
    startSubject(async () => {
      const bundle = await bundleInScratch('lambda.ts')
      // The second one only takes over while the first is busy, so that memory is found again.
      const env = { DATABASE_URL: ':memory:' }
      const fixture = await startLambda({ entry: bundle.path, kind, env, maxSandboxes: 2 })
      return {
        url: fixture.url,
        async close(): Promise<void> {
          await fixture.close()
          bundle.remove()
        },
      }
    })
}

describeRuntime('Lambda REST (v1)', start('rest'))
describeRuntime('Lambda HTTP (v2)', start('http'))
describeRuntime('Lambda ALB', start('alb-multi'))
describeRuntime('Lambda streaming', start('url-stream'))
