# SPDX-License-Identifier: MIT
# shellcheck shell=bash
#
# A certificate authority of the container's own, and the server certificate that it signs. The authority may sign for this
# machine's own names only (name constraints), so whoever trusts it trusts it with nothing else.
# Requires: settings.sh, say.sh.

readonly kAuthorityDays=3650
readonly kServerDays=397
readonly kRenewBeforeSeconds=$((30 * 86400))

make_authority() {
  [ -s "$tls/ca.crt" ] && return
  openssl ecparam -name prime256v1 -genkey -noout -out "$tls/ca.key"
  openssl req -x509 -new -key "$tls/ca.key" -sha256 -days $kAuthorityDays -out "$tls/ca.crt.new" -config <(cat <<'END'
[req]
prompt = no
distinguished_name = name
x509_extensions = authority
[name]
CN = roost, local certificate authority
[authority]
basicConstraints = critical, CA:TRUE, pathlen:0
keyUsage = critical, keyCertSign, cRLSign
subjectKeyIdentifier = hash
nameConstraints = critical, permitted;DNS:localhost, permitted;IP:127.0.0.0/255.0.0.0, permitted;IP:0:0:0:0:0:0:0:1/ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff
END
  )
  mv "$tls/ca.crt.new" "$tls/ca.crt"
  rm -f "$tls/server.crt"   # signed by an authority that is gone
}

certificate_is_good() {
  [ -s "$tls/server.crt" ] && openssl x509 -in "$tls/server.crt" -noout -checkend $kRenewBeforeSeconds >/dev/null
}

make_server_certificate() {
  openssl ecparam -name prime256v1 -genkey -noout -out "$tls/server.key.new"
  openssl req -new -key "$tls/server.key.new" -subj /CN=localhost |
    openssl x509 -req -CA "$tls/ca.crt" -CAkey "$tls/ca.key" -sha256 -days $kServerDays -set_serial "0x$(openssl rand -hex 16)" \
      -out "$tls/server.crt.new" -extfile <(cat <<'END'
basicConstraints = critical, CA:FALSE
keyUsage = critical, digitalSignature
extendedKeyUsage = serverAuth
subjectAltName = DNS:localhost, IP:127.0.0.1, IP:::1
subjectKeyIdentifier = hash
authorityKeyIdentifier = keyid
END
    ) 2>/dev/null
  mv "$tls/server.key.new" "$tls/server.key"
  mv "$tls/server.crt.new" "$tls/server.crt"
}

# The authority's key is ours alone, the server's is for the servers' user too, certificates are for everybody.
make_certificates() {
  (umask 077; make_authority)
  if ! certificate_is_good; then (umask 077; make_server_certificate); fi
  chown "$own_user:$(id -gn "$server_user")" "$tls"/*.{key,crt}
  chmod 644 "$tls"/*.crt
  chmod 640 "$tls/server.key"
  if [ -e "$tls/ca.key" ]; then chmod 600 "$tls/ca.key"; fi   # it may be kept elsewhere
}
