# What acting needs on top of watching: credentials to act with, rotation, and an end to leases.

# What it logs in with itself, and what it rotates: the old login is tried before, the new one after.
path "database/static-creds/*"                   { capabilities = ["read"] }
path "database/creds/*"                          { capabilities = ["read"] }
path "database/rotate-role/*"                    { capabilities = ["update"] }
path "database/rotate-root/*"                    { capabilities = ["update"] }
path "sys/leases/renew"                          { capabilities = ["update"] }
path "sys/leases/revoke"                         { capabilities = ["update"] }
path "sys/leases/revoke-prefix/database/creds/*" { capabilities = ["update", "sudo"] }
# A new tenant's logins come from roles of its own.
path "database/roles/+"                          { capabilities = ["create", "update", "delete"] }
# Who takes a run up ends the token of the process that died; who was lent a token makes one for the run.
path "auth/token/revoke-accessor"                { capabilities = ["update"] }
path "auth/token/create"                         { capabilities = ["update"] }
