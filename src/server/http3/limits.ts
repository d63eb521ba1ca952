import type { Http3Limits } from './contract.ts'

const defaults: Http3Limits = {
  maxConcurrentRequests: 128,
  maxFieldSectionBytes: 32_768,
  maxBodyBytes: Number.MAX_SAFE_INTEGER,
  maxStreamBufferBytes: 65_536,
  maxConnectionBufferBytes: 1_048_576,
  resetBurst: 200,
  resetsPerSecond: 50,
  noiseBurst: 1_000,
  noisePerSecond: 200,
  headTimeoutMs: 20_000,
  stallTimeoutMs: 30_000,
  idleTimeoutMs: 60_000,
}

const maxTimerMs = 2_147_483_647

/** Least and most of each. */
const ranges: Readonly<Record<keyof Http3Limits, readonly [number, number]>> = {
  maxConcurrentRequests: [1, 100_000],
  maxFieldSectionBytes: [1_024, 1_048_576],
  maxBodyBytes: [0, Number.MAX_SAFE_INTEGER],
  maxStreamBufferBytes: [1, 2 ** 30],
  maxConnectionBufferBytes: [1, 2 ** 30],
  resetBurst: [1, 1_000_000],
  resetsPerSecond: [0, 1_000_000],
  noiseBurst: [1, 1_000_000],
  noisePerSecond: [0, 1_000_000],
  headTimeoutMs: [1, maxTimerMs],
  stallTimeoutMs: [1, maxTimerMs],
  idleTimeoutMs: [1, maxTimerMs],
}

/** Completes the limits. Throws `RangeError` for one that is out of its range. */
export function resolveHttp3Limits(given: Partial<Http3Limits> = {}): Http3Limits {
  const limits: Http3Limits = Object.freeze({ ...defaults, ...given })
  for (const [name, [least, most]] of Object.entries(ranges)) {
    // The keys of `ranges` are those of the limits.
    const value = limits[name as keyof Http3Limits]
    if (!Number.isSafeInteger(value) || value < least || value > most) {
      throw new RangeError(`Expected ${name} as an integer from ${least} to ${most}, got ${String(value)}`)
    }
  }
  return limits
}
