// The part of `elsewhere.ts` that runs in the other runtime: nothing of Node, nothing of vitest.
import type { ConformanceSuite } from '../../src/conformance/contract.ts'
import { runConformanceCase } from '../../src/conformance/run.ts'

/** How a case went, as JSON can say it. */
export interface ElsewhereOutcome {
  readonly name: string
  readonly kind: 'passed' | 'refused' | 'skipped' | 'failed'
  readonly missing: readonly string[]
  /** Of a case that failed. */
  readonly message: string
}

/** What a case runs on, and what its end takes. */
export interface ElsewhereSubject<Subject> {
  readonly subject: Subject
  readonly capabilities: ReadonlySet<string>
  readonly close: () => void | Promise<void>
}

/** Runs the case of this name. Never rejects. */
export async function runCaseHere<Subject>(
  suite: ConformanceSuite<Subject>,
  name: string,
  open: () => ElsewhereSubject<Subject> | Promise<ElsewhereSubject<Subject>>,
): Promise<ElsewhereOutcome> {
  try {
    const found = suite.cases.find((each) => each.name === name)
    if (found === undefined) throw new Error(`Expected a case of ${suite.name}, got another; check its name`)
    const { subject, capabilities, close } = await open()
    try {
      return { name, message: '', ...(await runConformanceCase(found, subject, capabilities)) }
    } finally {
      await close()
    }
  } catch (error) {
    return { name, kind: 'failed', missing: [], message: describe(error) }
  }
}

function describe(error: unknown): string {
  if (!(error instanceof Error)) return String(error)
  const cause = error.cause === undefined ? '' : `\n  caused by ${describe(error.cause)}`
  return `${error.stack ?? error.message}${cause}`
}
