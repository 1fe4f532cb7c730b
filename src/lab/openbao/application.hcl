# What an application needs: credentials of its own roles, and a say over its own leases.

path "database/creds/*" { capabilities = ["read"] }
path "sys/leases/renew"   { capabilities = ["update"] }
path "sys/leases/revoke"  { capabilities = ["update"] }
