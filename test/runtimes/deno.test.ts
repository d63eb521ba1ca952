import { startDeno, startSubject } from './starters.ts'
import { describeRuntime } from './suite.ts'

describeRuntime('Deno', () => startSubject(startDeno))
