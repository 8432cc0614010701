/** Runs the tests: `npm test`, or `npm test -- src/journal` for the files below a path. */
import { filesWanted, testsPass } from './test-run.ts'

const files = filesWanted('{tools,src,test,examples,benchmarks}/**/*.test.{ts,js}')

if (!(await testsPass({ files, concurrency: true }))) process.exitCode = 1
