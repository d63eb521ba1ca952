import type { BoundedEnvironment, ServiceFactory, ServiceHost } from '../context/index.ts'
import { RockstarError } from '../errors/index.ts'
import type { Platform } from '../platform/index.ts'
import type { LifecycleHook } from './contract.ts'

/** What is started or stopped. */
export interface Occasion {
  readonly platform: Platform
  readonly environment: BoundedEnvironment
  readonly startHooks: readonly LifecycleHook[]
  readonly stopHooks: readonly LifecycleHook[]
  readonly hookMs: number
}

/** Starts services in the order of their table, then runs the hooks, each within its bound. */
export async function startAll(occasion: Occasion): Promise<void> {
  const { environment, platform, startHooks, hookMs } = occasion
  const { development, diagnostics, services } = environment
  const host = { platform, diagnostics, development }
  for (const step of [...serviceStarts(services, host), ...hookSteps('start', startHooks, platform)]) {
    await runStep(step, platform, hookMs)
  }
}

/** Runs the hooks, then stops the services, both in reverse order and each within its bound, whatever fails. */
export async function stopAll({ environment, platform, stopHooks, hookMs }: Occasion): Promise<void> {
  const steps = [
    ...hookSteps('stop', stopHooks.toReversed(), platform),
    ...serviceStops(environment.services),
  ]
  await runAll(steps, platform, hookMs)
}

/** One thing to be done at start or stop, with the name that its failure is reported under. */
interface Step {
  readonly name: string
  run(signal: AbortSignal): void | Promise<void>
}

/** Runs one step within its bound. Rejects with `HOOK_FAILED` that names the step. */
async function runStep(step: Step, platform: Platform, hookMs: number): Promise<void> {
  const abort = new AbortController()
  const late = Promise.withResolvers<never>()
  const cancel = platform.clock.schedule(hookMs, () => {
    const error = new Error(`Expected ${step.name} to end within ${hookMs} ms`)
    abort.abort(error)
    late.reject(error)
  })
  try {
    await Promise.race([step.run(abort.signal), late.promise])
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error)
    throw new RockstarError('HOOK_FAILED', `${step.name} failed: ${reason.slice(0, 500)}`, { cause: error })
  } finally {
    cancel()
  }
}

/** Runs every step, whatever fails; rejects at the end with all failures. */
async function runAll(steps: readonly Step[], platform: Platform, hookMs: number): Promise<void> {
  const errors: unknown[] = []
  for (const step of steps) {
    try {
      await runStep(step, platform, hookMs)
    } catch (error) {
      errors.push(error)
    }
  }
  if (errors.length === 1) throw errors[0]
  if (errors.length > 1) {
    const messages = errors.map((error) => (error instanceof Error ? error.message : String(error)))
    throw new RockstarError('HOOK_FAILED', messages.join('; '), { cause: new AggregateError(errors) })
  }
}

/** The steps that start the services of a table, in its order. */
function serviceStarts(
  services: Readonly<Record<string, ServiceFactory>>,
  host: Omit<ServiceHost, 'signal'>,
): Step[] {
  return Object.entries(services).flatMap(([name, { start }]) =>
    start === undefined
      ? []
      : [{ name: `The start of the service ${name}`, run: (signal) => start({ ...host, signal }) }],
  )
}

/** The steps that stop the services of a table, in reverse order. */
function serviceStops(services: Readonly<Record<string, ServiceFactory>>): Step[] {
  return Object.entries(services)
    .toReversed()
    .flatMap(([name, { stop }]) =>
      stop === undefined ? [] : [{ name: `The stop of the service ${name}`, run: stop }],
    )
}

/** Hooks as steps. */
function hookSteps(kind: 'start' | 'stop', hooks: readonly LifecycleHook[], platform: Platform): Step[] {
  return hooks.map((hook, index) => ({
    name: `The ${kind} hook ${hook.name === '' ? `number ${index + 1}` : hook.name}`,
    run: (signal) => hook(platform, signal),
  }))
}
