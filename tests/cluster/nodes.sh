# Nodes that look like EKS's and are played by kwok. Sourced by up and load.
# shellcheck shell=bash

# What an instance type offers: vCPU, allocatable milli-CPU, memory and allocatable memory in KiB, slots, architecture.
shape() { # TYPE
    case $1 in
    t3.medium) echo 2 1930 3943300 3388308 17 amd64 ;;
    m5.large) echo 2 1930 7901668 7210468 29 amd64 ;;
    m7g.xlarge) echo 4 3920 15938596 14919716 58 arm64 ;;
    *) say "error: no shape for instance type $1" && return 1 ;;
    esac
}

# One Node as YAML. SLOTS overrides the type's own kubelet limit. The address is NET.HOST inside 10.65.0.0/16.
node() { # NET HOST TYPE ZONE GROUP [SLOTS]
    local cpu milli memory free slots arch name=ip-10-65-$1-$2.eu-central-1.compute.internal
    read -r cpu milli memory free slots arch <<<"$(shape "$3")"
    slots=${6:-$slots}
    cat <<EOF
---
apiVersion: v1
kind: Node
metadata:
  name: $name
  annotations:
    kwok.x-k8s.io/node: fake
    metrics.k8s.io/resource-metrics-path: /metrics/nodes/$name/metrics/resource
  labels:
    kubernetes.io/arch: $arch
    kubernetes.io/os: linux
    kubernetes.io/hostname: $name
    node.kubernetes.io/instance-type: $3
    topology.kubernetes.io/region: eu-central-1
    topology.kubernetes.io/zone: eu-central-1$4
    topology.k8s.aws/zone-id: euc1-az1
    eks.amazonaws.com/nodegroup: $5
    eks.amazonaws.com/capacityType: ON_DEMAND
spec:
  providerID: aws:///eu-central-1$4/i-0$(printf '%s.%s' "$1" "$2" | sha256sum | cut -c1-16)
  podCIDR: 10.$((64 + 64 + $1 % 64)).$2.0/24
status:
  addresses:
  - {type: InternalIP, address: 10.65.$1.$2}
  - {type: InternalDNS, address: $name}
  capacity: {cpu: "$cpu", memory: ${memory}Ki, pods: "$slots", ephemeral-storage: 20959212Ki}
  allocatable: {cpu: ${milli}m, memory: ${free}Ki, pods: "$slots", ephemeral-storage: "18242267924"}
  nodeInfo:
    architecture: $arch
    operatingSystem: linux
    osImage: Amazon Linux 2023.9.20260720
    kernelVersion: 6.12.40-63.114.amzn2023.x86_64
    containerRuntimeVersion: containerd://2.1.4
    kubeletVersion: v1.36.3-eks-3abbec1
    kubeProxyVersion: ""
    bootID: ""
    machineID: ""
    systemUUID: ""
EOF
}

# The eight nodes of the ordinary cluster. "dense" has more slots than its ENIs have addresses.
fleet() {
    node 1 5 t3.medium a small
    node 1 9 t3.medium b small
    node 1 12 t3.medium c small
    node 2 7 m5.large a general
    node 2 9 m5.large b general
    node 2 31 m5.large c dense 110
    node 3 2 m7g.xlarge a graviton
    node 3 8 m7g.xlarge b graviton
}
