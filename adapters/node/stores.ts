import type { PlatformStores } from '../../src/platform/index.ts'

export function environmentStores(_env: NodeJS.ProcessEnv): PlatformStores {
  return {}
}
