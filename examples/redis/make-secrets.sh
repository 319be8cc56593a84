#!/bin/sh
# Makes what a broker and its two roles need, in a new folder:
#
#   sh make-secrets.sh FOLDER [HOST...]
#
#   users.acl                the users of Redis, from the file beside this script
#   coordinator.credentials  for quantsweep run, agents and cancel: --credentials FILE
#   agent.credentials        for quantsweep agent
#   ca.pem                   certificate of the CA; ca.key signs further servers, keep it elsewhere
#   server.pem, server.key   for Redis, valid for localhost and each HOST (names or IP addresses)
#
# Needs openssl. Files are readable by you alone, but for the certificate of the CA.
set -eu
if [ $# -eq 0 ]; then
  echo "Expected a folder: sh make-secrets.sh FOLDER [HOST...]" >&2
  exit 2
fi
here=$(cd "$(dirname "$0")" && pwd)
umask 077
mkdir "$1"
cd "$1"
shift

names=DNS:localhost,IP:127.0.0.1
for host in "$@"; do
  case $host in
    *:*) kind=IP ;;
    *[!0-9.]*) kind=DNS ;;
    *) kind=IP ;;
  esac
  names=$names,$kind:$host
done

secret=$(openssl rand -hex 32)
cp "$here/users.acl" users.acl
for role in admin coordinator agent; do
  password=$(openssl rand -hex 24)
  placeholder=$(echo "$role" | tr '[:lower:]' '[:upper:]')_PASSWORD
  sed "s/>$placeholder />$password /" users.acl > users.acl.new
  mv users.acl.new users.acl
  printf 'user=%s\npassword=%s\n' "$role" "$password" > "$role.credentials"
  [ "$role" = admin ] || printf 'secret=%s\nca=ca.pem\n' "$secret" >> "$role.credentials"
done

new_key() { openssl req -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes "$@" 2> /dev/null; }
new_key -x509 -days 825 -subj "/CN=quantsweep-broker-ca" -keyout ca.key -out ca.pem
new_key -subj "/CN=quantsweep-broker" -keyout server.key -out server.csr
echo "subjectAltName=$names" > server.ext
openssl x509 -req -in server.csr -CA ca.pem -CAkey ca.key -set_serial "0x$(openssl rand -hex 16)" \
  -days 825 -extfile server.ext -out server.pem 2> /dev/null
rm server.csr server.ext
chmod 644 ca.pem
