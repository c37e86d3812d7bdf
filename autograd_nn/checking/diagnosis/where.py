"""stub"""
from autograd_nn.checking.diagnosis.case import Finding
def located(case):
    return Finding(9.0, "unknown", f"{case.who(case.wrong)}: wrong; no known mistake fits")
