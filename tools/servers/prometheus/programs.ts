/**
 * Where Prometheus, Alertmanager and their tools are: on the PATH, or out of Debian's packages, unpacked beside the other servers. They are not installed, for a package
 * that is installed starts its service.
 */
import { spawnSync } from 'node:child_process'
import { existsSync, globSync, mkdirSync, renameSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { home } from '../kafka/jars.ts'
import { run, ServerProblem } from '../run.ts'

const packages = {
  prometheus: 'prometheus',
  promtool: 'prometheus',
  'prometheus-alertmanager': 'prometheus-alertmanager',
  amtool: 'prometheus-alertmanager',
} as const

export type WatchProgram = keyof typeof packages

/** The path of a program; the first call without it on the machine needs the network. */
export function programOf(name: WatchProgram): string {
  if (spawnSync('which', [name]).status === 0) return name
  const path = join(home, packages[name], 'usr', 'bin', name)
  if (!existsSync(path)) unpack(packages[name])
  return path
}

function unpack(name: string): void {
  const missing = `${name} is not on the PATH, and only Debian brings it by itself: install Prometheus and Alertmanager.`
  const [coming, folder] = [join(home, `coming-${name}-${process.pid}`), join(home, name)]
  mkdirSync(coming, { recursive: true })
  try {
    const words = ['-q', 'download', name]
    const download = (): number | null => spawnSync('apt-get', words, { cwd: coming }).status
    // The lists of packages may be old or missing; fetching them takes the rights of root.
    if (download() !== 0 && (run('apt-get', ['-qq', 'update'], missing), download() !== 0))
      throw new ServerProblem(missing)
    const [archive] = globSync('*.deb', { cwd: coming })
    if (archive === undefined) throw new ServerProblem(missing)
    run('dpkg-deb', ['-x', join(coming, archive), join(coming, 'files')], missing)
    renameSync(join(coming, 'files'), folder)
  } catch (error) {
    if (!existsSync(folder)) throw error
  } finally {
    rmSync(coming, { recursive: true, force: true })
  }
}
