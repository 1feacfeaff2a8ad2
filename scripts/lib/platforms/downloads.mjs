// What the matrix needs of others, each fetched once into .tools/platforms and kept there: npm packages with runtimes, Debian
// packages with emulators and libraries, wheels of PyPI. Nothing is installed into the machine, no install script runs.
import { existsSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { at } from '../paths.mjs';
import { findPython } from '../python.mjs';
import { capture, Failure, npm, run } from '../run.mjs';

const tools = '.tools/platforms';

/** Makes a folder by `work(temporary)`, unless it is there; what is in its place is always complete. Answers its path. */
async function once(name, work) {
  const folder = at(`${tools}/${name}`);
  if (existsSync(folder)) return folder;
  const temporary = `${folder}.${process.pid}.tmp`;
  rmSync(temporary, { recursive: true, force: true });
  mkdirSync(temporary, { recursive: true });
  try {
    await work(temporary);
    renameSync(temporary, folder);
  } finally {
    rmSync(temporary, { recursive: true, force: true });
  }
  return folder;
}

/** A package of npm, of whatever platform; answers its folder. */
export async function npmPackage(name, version) {
  const folder = await once(`npm/${name.replaceAll('/', '+')}@${version}`, async (temporary) => {
    writeFileSync(`${temporary}/package.json`, '{"private": true}');
    // By force: npm would refuse what is made for another platform.
    const flags = ['--force', '--ignore-scripts', '--no-audit', '--no-fund', '--no-save', '--loglevel=error'];
    await npm(`fetching ${name}@${version}`, ['install', ...flags, `${name}@${version}`], { cwd: temporary });
  });
  return `${folder}/node_modules/${name}`;
}

/** Where this machine gets Debian's packages from. */
function debianSource() {
  const folder = '/etc/apt/sources.list.d';
  const lists = existsSync(folder)
    ? readdirSync(folder).filter((name) => /\.(list|sources)$/.test(name))
    : [];
  const files = ['/etc/apt/sources.list', ...lists.map((name) => `${folder}/${name}`)];
  const text = files.filter((file) => existsSync(file)).map((file) => readFileSync(file, 'utf8'));
  return /(?:^|\s)(https?:\/\/\S+\/debian)\/?\s/.exec(text.join('\n'))?.[1];
}

const keyring = '/usr/share/keyrings/debian-archive-keyring.gpg';

/** Settings that make apt read the lists of a release in a folder of ours, and leave the machine's own alone. */
async function aptOptions(release) {
  const source = debianSource();
  const { code } = await capture('apt-get', ['--version']);
  if (code !== 0 || source === undefined || !existsSync(keyring))
    throw new Failure('needs Debian’s apt, which is not here');
  const options = (folder) =>
    [
      `Dir::State=${folder}/state`,
      `Dir::Cache=${folder}/cache`,
      `Dir::Etc::sourcelist=${folder}/sources.list`,
      'Dir::Etc::sourceparts=-',
      'Dir::State::status=/dev/null',
      'Acquire::Languages=none',
      'Acquire::IndexTargets::deb::DEP-11::DefaultEnabled=false',
      // Whoever runs this can read what root has written.
      'APT::Sandbox::User=',
    ].flatMap((option) => ['-o', option]);
  const folder = await once(`apt-${release}`, async (temporary) => {
    for (const sub of ['state/lists/partial', 'cache/archives/partial'])
      mkdirSync(`${temporary}/${sub}`, { recursive: true });
    writeFileSync(
      `${temporary}/sources.list`,
      `deb [arch=amd64 signed-by=${keyring}] ${source} ${release} main\n`,
    );
    await run(`fetching the list of packages of Debian ${release}`, 'apt-get', [
      ...options(temporary),
      'update',
    ]);
  });
  return options(folder);
}

/** Packages of a Debian release, unpacked one over the other; answers that folder. */
export function debianPackages(name, release, packages) {
  return once(`debian-${name}`, async (temporary) => {
    const options = await aptOptions(release);
    await run(`fetching Debian’s ${packages.join(', ')}`, 'apt-get', [...options, 'download', ...packages], {
      cwd: temporary,
    });
    const archives = readdirSync(temporary).filter((file) => file.endsWith('.deb'));
    for (const archive of archives) {
      await run(`unpacking ${archive}`, 'dpkg-deb', ['-x', `${temporary}/${archive}`, temporary]);
      rmSync(`${temporary}/${archive}`);
    }
    writeFileSync(`${temporary}/versions.txt`, archives.sort().join('\n'));
  });
}

const unzip = 'import sys, zipfile; zipfile.ZipFile(sys.argv[1]).extractall(sys.argv[2])';

/** A wheel of PyPI for a platform, unpacked; answers its folder. */
export function wheel(name, version, platform) {
  return once(`wheel-${name}-${version}-${platform}`, async (temporary) => {
    const python = await findPython();
    if (!python) throw new Failure('needs Python 3 with pip, which is not here');
    const pip = [
      '-m',
      'pip',
      '--disable-pip-version-check',
      'download',
      '--no-deps',
      '--only-binary',
      ':all:',
    ];
    await run(`fetching ${name} ${version} of PyPI`, python, [
      ...pip,
      ...['--platform', platform, '--dest', temporary, `${name}==${version}`],
    ]);
    const file = readdirSync(temporary).find((entry) => entry.endsWith('.whl'));
    await run(`unpacking ${file}`, python, ['-c', unzip, `${temporary}/${file}`, temporary]);
    rmSync(`${temporary}/${file}`);
  });
}
