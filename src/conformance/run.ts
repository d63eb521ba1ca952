import type { ConformanceCase, ConformanceOutcome } from './contract.ts'

/**
 * Runs one case. A subject that lacks a capability which the case needs must refuse instead, where the case says how.
 * Rejects with a `ConformanceError` (or whatever the subject threw) when the subject does not behave.
 */
export async function runConformanceCase<Subject>(
  conformanceCase: ConformanceCase<Subject>,
  subject: Subject,
  capabilities: ReadonlySet<string>,
): Promise<ConformanceOutcome> {
  const missing = (conformanceCase.needs ?? []).filter((need) => !capabilities.has(need))
  if (missing.length === 0) {
    await conformanceCase.run(subject)
    return { kind: 'passed', missing }
  }
  if (conformanceCase.refuses === undefined) return { kind: 'skipped', missing }
  await conformanceCase.refuses(subject)
  return { kind: 'refused', missing }
}
