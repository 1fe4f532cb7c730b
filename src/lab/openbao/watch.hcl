# What the console needs to watch, and nothing more.

# The logins with which it watches. No other credential of the engine can be read.
path "database/static-creds/tenantry-watch-*" { capabilities = ["read"] }

# What the engine is told to do.
path "database/config"         { capabilities = ["list"] }
path "database/config/+"       { capabilities = ["read"] }
path "database/roles"          { capabilities = ["list"] }
path "database/roles/+"        { capabilities = ["read"] }
path "database/static-roles"   { capabilities = ["list"] }
path "database/static-roles/+" { capabilities = ["read"] }

# Which leases there are. Listing them is protected by sudo on top.
path "sys/leases/lookup/database/creds/*" { capabilities = ["list", "sudo"] }
path "sys/leases/lookup"                  { capabilities = ["update"] }
path "sys/leases"                         { capabilities = ["read", "list", "sudo"] }
path "sys/leases/count"                   { capabilities = ["read", "list", "sudo"] }

# Its own token and what that may do.
path "auth/token/lookup-self"  { capabilities = ["read"] }
path "auth/token/renew-self"   { capabilities = ["update"] }
path "auth/token/revoke-self"  { capabilities = ["update"] }
path "sys/capabilities-self"   { capabilities = ["update"] }
