# Keys, certificates and kubeconfigs of one cluster. Sourced by up.
# shellcheck shell=bash

authority() { # DIR NAME
    openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 3650 -subj "/CN=$2" \
        -keyout "$1/$2.key" -out "$1/$2.crt" \
        -addext basicConstraints=critical,CA:TRUE -addext keyUsage=critical,keyCertSign,cRLSign 2>/dev/null
}

leaf() { # DIR NAME SUBJECT USAGE [SANS [DAYS]]
    local extensions="basicConstraints=critical,CA:FALSE
keyUsage=critical,digitalSignature,keyEncipherment
extendedKeyUsage=$4"
    [ -z "${5:-}" ] || extensions+="
subjectAltName=$5"
    openssl req -new -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -subj "$3" \
        -keyout "$1/$2.key" -out "$1/$2.csr" 2>/dev/null
    openssl x509 -req -in "$1/$2.csr" -CA "$1/ca.crt" -CAkey "$1/ca.key" -CAcreateserial -days "${6:-3650}" \
        -extfile <(echo "$extensions") -out "$1/$2.crt" 2>/dev/null
    rm "$1/$2.csr"
}

make_keys() { # DIR (of the keys)
    local names=DNS:localhost,DNS:kubernetes,DNS:kubernetes.default,DNS:kubernetes.default.svc
    names+=,DNS:metrics-server.kube-system.svc,IP:127.0.0.1,IP:::1,IP:10.96.0.1
    authority "$1" ca
    leaf "$1" server /CN=kube-apiserver serverAuth "$names"
    leaf "$1" admin /O=system:masters/CN=admin clientAuth
    leaf "$1" viewer /O=viewers/CN=viewer clientAuth
    leaf "$1" expired /O=viewers/CN=expired clientAuth "" -1
    authority "$1" stranger
    leaf "$1" front-proxy-client /CN=front-proxy-client clientAuth
    openssl genrsa -out "$1/service-accounts.key" 2048 2>/dev/null
    openssl rsa -in "$1/service-accounts.key" -pubout -out "$1/service-accounts.pub" 2>/dev/null
    {
        echo "admin-$(openssl rand -hex 16),token-admin,u1,\"system:masters\""
        echo "nobody-$(openssl rand -hex 16),nobody,u2,\"strangers\""
    } >"$1/tokens.csv"
}

# USER is a YAML mapping on one line.
kubeconfig() { # FILE URL CA NAME USER NAMESPACE
    cat >"$1" <<EOF
apiVersion: v1
kind: Config
current-context: $4
clusters:
- name: real
  cluster: {server: "$2", certificate-authority: "$3"}
users:
- name: $4
  user: $5
contexts:
- name: $4
  context: {cluster: real, user: $4, namespace: $6}
EOF
    chmod 600 "$1"
}

# What a credential plugin would print that gives the viewer's certificate.
credential() { # CRT KEY
    printf '{"apiVersion": "client.authentication.k8s.io/v1", "kind": "ExecCredential", "status": {'
    printf '"clientCertificateData": "%s", ' "$(sed 's/$/\\n/' "$1" | tr -d '\n')"
    printf '"clientKeyData": "%s"}}\n' "$(sed 's/$/\\n/' "$2" | tr -d '\n')"
}

make_kubeconfigs() { # DIR URL
    local keys=$1/keys token
    credential "$keys/viewer.crt" "$keys/viewer.key" >"$keys/viewer.json"
    kubeconfig "$1/admin.kubeconfig" "$2" "$keys/ca.crt" admin \
        "{client-certificate: $keys/admin.crt, client-key: $keys/admin.key}" default
    kubeconfig "$1/viewer.kubeconfig" "$2" "$keys/ca.crt" viewer \
        "{client-certificate: $keys/viewer.crt, client-key: $keys/viewer.key}" shop
    kubeconfig "$1/expired.kubeconfig" "$2" "$keys/ca.crt" expired \
        "{client-certificate: $keys/expired.crt, client-key: $keys/expired.key}" shop
    kubeconfig "$1/stranger.kubeconfig" "$2" "$keys/stranger.crt" admin \
        "{client-certificate: $keys/admin.crt, client-key: $keys/admin.key}" default
    kubeconfig "$1/plugin.kubeconfig" "$2" "$keys/ca.crt" viewer \
        "{exec: {apiVersion: client.authentication.k8s.io/v1, command: cat, args: [$keys/viewer.json], interactiveMode: Never}}" shop
    token=$(sed -n 's/^\(nobody-[^,]*\),.*/\1/p' "$keys/tokens.csv")
    kubeconfig "$1/nobody.kubeconfig" "$2" "$keys/ca.crt" nobody "{token: $token}" data
}
