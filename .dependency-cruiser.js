/** Arrows between the rooms go one way; `npm run check` holds them to it. */
const only = (from, allowed, comment) => ({
  name: `${from.replace(/[^a-z-]+/g, '-')}-stays-in-its-room`,
  comment,
  severity: 'error',
  from: { path: `^${from}/`, pathNot: '[.]test[.]ts$' },
  to: {
    path: '^(runtime|harness|netplan|reports|bench|vagrant|tests)/',
    pathNot: `^(${allowed.join('|')})/`,
  },
});

export default {
  forbidden: [
    {
      name: 'no-circles',
      severity: 'error',
      from: {},
      to: { circular: true },
    },
    only('runtime', ['runtime'], 'the runtime is deployed to nodes and knows nothing else'),
    only('netplan', ['netplan'], 'netplan renders and tells what to run: it reaches no machine'),
    only('reports', ['reports', 'harness/results', 'runtime'], 'reports know results only'),
    only(
      'harness/(spec|results|machine|transports|models|pictures|tensors|providers|testbeds|run|infer|planning|simulation|papers|emulation|energy|boxes|deployables)',
      ['harness', 'netplan', 'runtime', 'vagrant'],
      'only the command line knows reports',
    ),
    only('vagrant', ['vagrant'], 'it renders text, and knows nobody'),
    only('harness/cli', ['harness', 'runtime', 'reports'], 'the command line is no benchmark'),
    {
      name: 'pure-logic-knows-no-world',
      comment: 'partition, schedule and detect know no sockets, clocks, files or processes',
      severity: 'error',
      from: { path: '^runtime/(partition|schedule|detect)/', pathNot: '[.]test[.]ts$' },
      to: { path: '^(node:|runtime/(net|roles|engine|clock))', dependencyTypesNot: ['type-only'] },
    },
    {
      name: 'providers-are-strangers',
      comment: 'a provider never imports another provider',
      severity: 'error',
      from: { path: '^harness/providers/([^/]+)/' },
      to: { path: '^harness/providers/[^/]+/', pathNot: '^harness/providers/$1/' },
    },
    {
      name: 'nothing-imports-the-command-line',
      severity: 'error',
      from: { pathNot: '^(harness/cli|tests)/' },
      to: { path: '^harness/cli/' },
    },
    {
      name: 'no-development-packages-in-what-ships',
      severity: 'error',
      from: {
        path: '^(runtime|harness|netplan|reports)/',
        pathNot: '[.]test[.]ts$|^runtime/testing/',
      },
      to: { dependencyTypes: ['npm-dev', 'npm-no-pkg', 'npm-unknown'] },
    },
  ],
  options: {
    tsConfig: { fileName: 'tsconfig.json' },
    tsPreCompilationDeps: true,
    doNotFollow: { path: 'node_modules' },
    enhancedResolveOptions: { extensions: ['.ts', '.js'] },
  },
};
