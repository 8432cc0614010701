/** The jars of the brokers, brought by Maven as the machine has configured it, once a version. */
import { existsSync, mkdirSync, readFileSync, renameSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { run } from '../run.ts'

const pom = join(import.meta.dirname, 'pom.xml')
const plugin = 'org.apache.maven.plugins:maven-dependency-plugin:3.8.1:copy-dependencies'

/** Where everything of the servers lies. */
export const home: string = join(tmpdir(), 'metrobus-servers')

/** The folder of the jars; the first call of a version takes some 20 s and needs the network. */
export function jars(): string {
  const version = /<artifactId>kafka_2\.13<\/artifactId>\s*<version>([^<]+)/.exec(readFileSync(pom, 'utf8'))?.[1]
  const folder = join(home, `kafka-${version}`, 'libs')
  if (existsSync(folder)) return folder
  mkdirSync(home, { recursive: true })
  const coming = join(home, `coming-${process.pid}`)
  const words = ['-B', '-q', '-f', pom, plugin, `-DoutputDirectory=${coming}`, '-DincludeScope=runtime']
  run('mvn', words, 'Maven brings the Kafka brokers and is not installed: install `mvn` (Debian: apt install maven).')
  mkdirSync(join(folder, '..'), { recursive: true })
  try {
    // Whole or not at all: another process may have been quicker.
    renameSync(coming, folder)
  } catch (error) {
    if (!existsSync(folder)) throw error
    rmSync(coming, { recursive: true })
  }
  return folder
}
