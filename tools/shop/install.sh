#!/usr/bin/env bash
# Installs Debian packages without starting any system service and without removing anything. Runs as root.
set -euo pipefail

packages=("$@")
export DEBIAN_FRONTEND=noninteractive
policy=/usr/sbin/policy-rc.d
clusters=/etc/postgresql-common/createcluster.conf
log=$(mktemp)
cleanup=("$log")

finish() {
    local file
    for file in "${cleanup[@]}"; do rm -f "$file"; done
}
trap finish EXIT

# Installing a server package must not start a server: the platform starts private ones.
if [ ! -e "$policy" ]; then
    cleanup+=("$policy")
    printf '#!/bin/sh\nexit 101\n' > "$policy"
    chmod 755 "$policy"
fi
# Nor make a system-wide PostgreSQL cluster. Afterwards the file is what the package would have put there.
if [ ! -e "$clusters" ]; then
    mkdir -p "$(dirname "$clusters")"
    printf 'create_main_cluster = false\n' > "$clusters"
    wrote_clusters=yes
fi

apt=(apt-get -y -q -o DPkg::Lock::Timeout=300 -o Dpkg::Use-Pty=0)
# Old lists usually still do, for example on a machine without a network but with a local mirror.
"${apt[@]}" update >/dev/null || echo "-- apt-get update failed; trying with the package lists at hand"

# Shows that something happens without the thousand lines that apt prints: every 25th step and all complaints.
progress() {
    local line count=0
    while IFS= read -r line; do
        case $line in
            Get:* | Unpacking* | "Setting up"*)
                count=$((count + 1))
                if [ $((count % 25)) = 0 ]; then printf '   %4d  %.90s\n' "$count" "$line"; fi
                ;;
            E:* | W:* | "dpkg: "* | *conflict* | *"unmet dep"* | *"Depends:"* | "Need to get"* | *"newly installed"*)
                printf '   %s\n' "$line"
                ;;
        esac
    done
}

units_before=$(ls /lib/systemd/system 2>/dev/null || true)
if ! "${apt[@]}" install --no-install-recommends --no-remove "${packages[@]}" 2>&1 | tee "$log" | progress; then
    echo "-- apt-get install failed; its last lines:"
    tail -n 30 "$log"
    exit 1
fi

if [ -n "${wrote_clusters:-}" ] && [ -r /usr/share/postgresql-common/createcluster.conf ]; then
    cp /usr/share/postgresql-common/createcluster.conf "$clusters"
fi
# What came in only for the platform shall not start at the next boot and take the ports.
if command -v systemctl >/dev/null; then
    for unit in postgresql rabbitmq-server redis-server prometheus haproxy epmd; do
        for file in "$unit.service" "$unit.socket"; do
            if [ -e "/lib/systemd/system/$file" ] && ! grep -qxF "$file" <<< "$units_before"; then
                systemctl --quiet disable "$file" 2>/dev/null || true
            fi
        done
    done
fi
