import { startBun, startSubject } from './starters.ts'
import { describeRuntime } from './suite.ts'

describeRuntime('Bun', () => startSubject(startBun))
