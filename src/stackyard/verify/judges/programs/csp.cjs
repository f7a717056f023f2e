// Judge a content security policy: POLICY. JUDGE in the environment is the folder of the package.
const path = require("node:path");
const dist = path.join(process.env.JUDGE, "dist");
const { CspParser } = require(path.join(dist, "parser.js"));
const { CspEvaluator } = require(path.join(dist, "evaluator.js"));
const { Severity } = require(path.join(dist, "finding.js"));

const policy = new CspParser(process.argv[2]).csp;
const findings = new CspEvaluator(policy).evaluate().map((one) => ({
  severity: Severity[one.severity],
  directive: one.directive,
  value: one.value ?? "",
  description: one.description,
}));
console.log(JSON.stringify({ directives: Object.keys(policy.directives).length, findings }));
